import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser, visit } from './browser.js'
import { ConsolePage } from './console-page.js'
import { ExampleServer } from './example-server.js'
import { forgetStatuses, statusesShown } from './status-record.js'

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
})

describe('The console', () => {
  it('connects by QR code, and a reload of the page changes nothing', async () => {
    await using server = await ExampleServer.start()
    const { page, context, problems } = await visit(browser)
    const console = new ConsolePage({ page })
    await page.goto(server.url)
    await console.button('acme').waitFor()
    await console.inspect('sign-in')
    await console.button('acme').click()
    await console.shows('Not connected')
    await console.inspect('never-paired')

    await console.button('Link a phone').click()
    await page.getByRole('img', { name: /QR code to link acme/u }).waitFor()
    await console.says(/Valid for \d+ s/u)
    await console.inspect('pairing-qr')
    await console.scan()
    await console.says(/^\+[\d -]{8,20}$/u)
    await console.inspect('connected')

    await page.reload()
    await console.shows('Connected')
    // The one thing that may be seen on the way.
    expect((await statusesShown(page)).filter((status) => status !== 'connecting')).toEqual(['connected'])
    expect(await page.getByRole('img', { name: /QR code/u }).count()).toBe(0)
    expect(problems).toEqual([])
    await context.close()
  })

  it('is connected by itself after kill -9 of the server, without a QR code', async () => {
    await using server = await ExampleServer.start()
    const { page, context, problems } = await visit(browser)
    const console = new ConsolePage({ page })
    await console.enter(server.url, 'acme')
    await console.linkByQr()
    expect(problems).toEqual([])

    await forgetStatuses(page)
    await server.kill()
    await console.says('The connection to the server was lost')
    await console.says(/Next attempt in \d+ s|Trying now/u)
    await console.says(/Last known at \d\d:\d\d:\d\d/u)
    expect(await page.locator('.stale .session').count()).toBe(1)
    expect(await console.button('Stop').getAttribute('aria-disabled')).toBe('true')
    await console.inspect('offline')
    await server.startAgain()
    await page.getByText('The connection to the server was lost').first().waitFor({ state: 'hidden' })
    await console.shows('Connected')
    await console.says('Live')

    await page.reload()
    await console.shows('Connected')
    expect((await statusesShown(page)).filter((status) => status !== 'connecting')).toEqual(['connected'])
    // The server has forgotten what happened before; the page has not, and tells it in order.
    await page.locator('.timeline').getByText('Waiting for the phone').waitFor()
    const times = await page.locator('.timeline time').evaluateAll((all) => all.map((time) => time.getAttribute('datetime') ?? ''))
    expect(times).toEqual([...times].sort().reverse())
    // While it was away, the browser told of requests without an answer; of nothing else.
    expect(problems.filter((problem) => !/Failed to load resource: net::ERR_/u.test(problem))).toEqual([])
    await context.close()
  })
})
