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

describe('The console in trouble', () => {
  it('says when the device was unlinked at the phone, and offers to link again', async () => {
    await using server = await ExampleServer.start()
    const visitor = await visit(browser)
    const console = new ConsolePage(visitor)
    await console.enter(server.url, 'acme')
    await console.linkByQr()

    await console.button('Unlink this device').click()
    await console.shows('Unlinked')
    await console.says('Somebody removed this device from the linked devices on the phone.')
    await console.announces('acme: Unlinked. Somebody removed this device from the linked devices on the phone.')
    await console.inspect('unlinked')
    await console.button('Link the phone again').click()
    await console.scan()
    expect(visitor.problems).toEqual([])
    await visitor.context.close()
  })

  it('counts down to the next attempt while the network is cut, and comes back by itself', async () => {
    await using server = await ExampleServer.start()
    const visitor = await visit(browser)
    const { page, context, problems } = visitor
    const console = new ConsolePage(visitor)
    await console.enter(server.url, 'acme')
    await console.linkByQr()
    await forgetStatuses(page)

    await console.button('Cut the network').click()
    await console.shows('Reconnecting')
    expect(await console.button('Cut the network').getAttribute('aria-pressed')).toBe('true')
    await page
      .locator('[data-countdown]')
      .getByText(/^in \d+ sec$|^now$/u)
      .waitFor()
    await console.says('You do not have to do anything. It comes back by itself.')
    // A later attempt waits longer, so that the pictures show the countdown.
    await console.says(/^[3-9] times$/u)
    await console.inspect('reconnecting')
    await console.button('Restore the network').click()
    await console.shows('Connected')
    const shown = await statusesShown(page)
    expect(shown.filter((status) => !['reconnecting', 'connecting', 'connected'].includes(status))).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })
})
