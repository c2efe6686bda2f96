import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { ConsolePage } from './console-page.js'
import { ExampleServer } from './example-server.js'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
})

describe('Companies beside each other', () => {
  it('another company sees nothing of the first; an administrator sees both', async () => {
    await using server = await ExampleServer.start()
    const [first, other, admin] = [await visit(browser), await visit(browser), await visit(browser)]
    const [acme, globex, all] = [new ConsolePage(first), new ConsolePage(other), new ConsolePage(admin)]
    await globex.enter(server.url, 'globex')
    await globex.shows('Not connected')
    const received = recordBodies(globex)
    const heard = await recordEvents(globex)
    await acme.enter(server.url, 'acme')
    await acme.linkByQr()

    const events = await heard()
    expect(events).toContain('globex')
    expect(events).not.toContain('acme')
    await globex.page.reload()
    await globex.shows('Not connected')
    expect(await globex.page.locator('body').innerText()).not.toContain('acme')
    expect((await received()).join('\n')).not.toContain('acme')
    const refused = await globex.page.evaluate(async () => {
      const paths = ['status', 'history', 'events'].map((path) => `/api/whatsapp/${path}?company_id=acme`)
      return Promise.all(paths.map(async (path) => (await fetch(path)).status))
    })
    expect(refused).toEqual([403, 403, 403])

    await all.enter(server.url, 'Administrator of all companies')
    await all.page.getByRole('link', { name: 'acme' }).click()
    await all.shows('Connected')
    await all.page.getByRole('textbox', { name: 'Open a company' }).fill('initech')
    await all.button('Open').click()
    await all.says('No phone is linked yet.')
    await all.button('Link a phone').click()
    await all.page.getByRole('img', { name: /QR code to link initech/u }).waitFor()
    await all.button('Cancel').click()
    await all.shows('Not connected')

    expect(first.problems).toEqual([])
    expect(other.problems.filter((problem) => !problem.includes('403 (Forbidden)'))).toEqual([])
    expect(admin.problems).toEqual([])
    await Promise.all([first.context.close(), other.context.close(), admin.context.close()])
  })
})

/** Everything that the server sends a page in a stream of events of its own, from now on. */
async function recordEvents({ page }: ConsolePage): Promise<() => Promise<string>> {
  const text = await page.evaluateHandle(() => {
    const record = { text: '' }
    void fetch('/api/whatsapp/events')
      .then(async ({ body }) => {
        const pieces = body?.pipeThrough(new TextDecoderStream()).getReader()
        for (let piece = await pieces?.read(); piece?.done === false; piece = await pieces?.read()) record.text += piece.value
      })
      .catch(() => undefined)
    return record
  })
  return async () => text.evaluate(({ text: whole }) => whole)
}

/** Everything that the server answers a page from now on, except to the stream of events, which has no end. */
function recordBodies({ page }: ConsolePage): () => Promise<string[]> {
  const bodies: Promise<string>[] = []
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.startsWith('/api/') && pathname !== '/api/whatsapp/events') bodies.push(response.text().catch(() => ''))
  })
  return async () => Promise.all(bodies)
}
