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

describe('The console, for everybody', () => {
  it('links with a pairing code, and logs out after a question, with the keyboard alone', async () => {
    await using server = await ExampleServer.start()
    const visitor = await visit(browser)
    const { page, context, problems } = visitor
    const console = new ConsolePage(visitor)
    await page.goto(server.url)
    await console.press('acme')
    await console.shows('Not connected')
    await console.press('Link a phone')
    await page.getByRole('radio', { name: 'QR code' }).focus()
    await page.keyboard.press('ArrowRight')
    const number = page.getByRole('textbox', { name: 'Phone number with country code' })
    await number.fill('+55 11')
    await page.keyboard.press('Enter')
    await console.says('Enter the full number with its country code, for example +55 11 91234-5678.')
    await console.inspect('pairing-code-form')
    await number.fill('+55 11 91234-5678')
    await page.keyboard.press('Enter')
    await page.getByText(/^[\dA-Z]{4}-[\dA-Z]{4}$/u).waitFor()
    await console.says(/Valid for/u)
    await console.says('For +55 11 91234-5678')
    await console.says('+55 is the country code of Brazil.')
    await console.inspect('pairing-code')
    await console.press('Enter the pairing code')
    await console.shows('Connected')
    await console.says('+55 11 91234-5678')

    await console.press('Log out...')
    const dialog = page.getByRole('dialog', { name: 'Log out of WhatsApp?' })
    await dialog.waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stay linked')
    await console.inspect('logout-question')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Log out...')
    await console.press('Log out...')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await console.shows('Unlinked')
    // The button that had the focus is gone; its neighbourhood has it.
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    expect(problems).toEqual([])
    await context.close()
  })

  it('speaks Portuguese to a browser that does, and remembers another choice', async () => {
    await using server = await ExampleServer.start()
    const visitor = await visit(browser, { locale: 'pt-BR' })
    const { page, context, problems } = visitor
    const console = new ConsolePage(visitor)
    await console.enter(server.url, 'acme')
    await console.shows('Desconectado')
    await console.button('Vincular um celular').click()
    await page.getByRole('img', { name: /Código QR/u }).waitFor()
    await console.inspect('portuguese')
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('pt-BR')

    await console.button('English').click()
    await console.shows('Waiting for the phone')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('English')
    await page.reload()
    await console.shows('Waiting for the phone')
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en')
    expect(problems).toEqual([])
    await context.close()
  })

  it('refuses a wrong token with a sentence, and signs out', async () => {
    await using server = await ExampleServer.start()
    const visitor = await visit(browser)
    const { page, context, problems } = visitor
    const console = new ConsolePage(visitor)
    await page.goto(server.url)
    await page.getByRole('textbox', { name: 'Token' }).fill('not-a-token')
    await console.button('Sign in').click()
    await page.getByRole('alert').getByText('The token is not valid, or has expired.').waitFor()
    await console.inspect('sign-in-refused')
    await console.button('globex').click()
    await console.shows('Not connected')
    expect(page.url()).toBe(`${server.url}/`)
    await console.button('Sign out').click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(problems.filter((problem) => !problem.includes('401 (Unauthorized)'))).toEqual([])
    await context.close()
  })
})
