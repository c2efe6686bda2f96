import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startBrowser, visit, type Visit } from './browser.js'
import { ConsolePage } from './console-page.js'
import { PretendedServer } from './pretended-server.js'
import { change, view } from './views.js'

const MANY = 1000

let browser: Browser
let server: PretendedServer
let visitor: Visit
let console: ConsolePage
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
})
beforeEach(async () => {
  server = await PretendedServer.start()
})
afterEach(async () => {
  await visitor.context.close()
  await server[Symbol.asyncDispose]()
})

async function open(options: Parameters<typeof visit>[1] = {}): Promise<void> {
  visitor = await visit(browser, options)
  console = new ConsolePage(visitor)
  await visitor.context.addInitScript(() => {
    localStorage.setItem('signed-in', 'yes')
  })
  await visitor.page.goto(server.url)
}

const rowNames = async (): Promise<string[]> => visitor.page.locator('.row-name').allTextContents()

describe('The console in an office', () => {
  it('finds one of a thousand companies, has problems first, and draws only what has changed', async () => {
    server.me = { ...server.me, company_id: null, role: 'admin' }
    server.views = Array.from({ length: MANY }, (_, index) =>
      view({
        company_id: `company-${String(index).padStart(4, '0')}`,
        status: index === 700 ? 'failed' : 'connected',
        phone_number: `55119${10_000_000 + index}`,
      }),
    )
    await open()
    await console.says('999 of 1,000 connected')
    const { page } = visitor
    expect((await rowNames())[0]).toBe('company-0700')
    const rows = page.locator('.rows > li')
    await rows.nth(5).evaluate((row) => row.setAttribute('data-same', 'yes'))
    server.send({ name: 'status', data: view({ company_id: 'company-0900', status: 'logged_out' }) })
    await page.locator('.rows > li:nth-child(2)').getByText('company-0900').waitFor()
    expect(await page.locator('[data-same]').count()).toBe(1)
    expect(await rows.count()).toBe(MANY)

    await page.getByRole('searchbox', { name: 'Search by name or phone number' }).fill('+55 11 91000-0042')
    expect(await rowNames()).toEqual(['company-0042'])
    await console.says('+55 11 91000-0042')
    await page.getByRole('searchbox').fill('nobody')
    await console.says('No company matches.')
    await page.getByRole('searchbox').fill('')
    await page.getByRole('combobox', { name: 'Show' }).selectOption('problems')
    expect(await rowNames()).toEqual(['company-0700', 'company-0900'])
    await console.inspect('companies-problems')
    expect(visitor.problems).toEqual([])
  })

  it('shows earlier entries each time it is asked, keeps the focus, and folds codes away', async () => {
    server.history = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? change(index * 60, 'connected') : change(index * 60, 'failed', 'restricted', { code: 403 }),
    )
    server.views = [view({ company_id: 'acme', status: 'connected' })]
    await open()
    const entries = visitor.page.locator('.timeline > li')
    await entries.first().waitFor()
    expect(await entries.count()).toBe(8)
    expect(await visitor.page.getByText('code 403').first().isVisible()).toBe(false)
    await console.press('Show earlier')
    expect(await entries.count()).toBe(28)
    expect(await visitor.page.evaluate(() => document.activeElement?.textContent)).toBe('Show earlier')
    await console.press('Show earlier')
    expect(await entries.count()).toBe(40)
    await visitor.page.getByText('Details').first().click()
    await visitor.page.getByText('code 403').first().waitFor()
  })

  it('has the focus at the heading after signing in, although the session comes later', async () => {
    server.views = [view({ company_id: 'acme', status: 'connected' })]
    server.refusals.set('/api/me', { status: 401, code: 'unauthorized' })
    await open()
    const { page } = visitor
    await page.getByRole('textbox', { name: 'Token' }).fill('token')
    server.refusals.clear()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await console.shows('Connected')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Connected')
  })

  it('speaks Spanish to a browser that does, on a narrow, dark screen that stands still', async () => {
    server.views = [view({ company_id: 'acme', status: 'connected', reason: 'reachout_locked' })]
    await open({ locale: 'es-MX' })
    await visitor.page.setViewportSize({ width: 320, height: 640 })
    await visitor.page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await console.shows('Conectado')
    await console.says('Por ahora, WhatsApp no permite que esta cuenta escriba a contactos nuevos.')
    expect(await visitor.page.evaluate(() => document.documentElement.lang)).toBe('es')
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    await console.inspect('spanish')
    expect(visitor.problems).toEqual([])
  })
})
