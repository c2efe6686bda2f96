import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { seriousViolations } from './accessibility.js'
import type { Visit } from './browser.js'
import { takePictures } from './screenshots.js'
import { statusesShown } from './status-record.js'

/** The page, in the words of a person who uses it. */
export class ConsolePage {
  readonly page: Page

  constructor({ page }: Pick<Visit, 'page'>) {
    this.page = page
  }

  /** Opens the page and signs in with the button of a demo company, or of the administrator. */
  async enter(url: string, who: string): Promise<void> {
    await this.page.goto(url)
    await this.button(who).click()
  }

  /** A button, by its name. */
  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** Waits until the status is shown. */
  async shows(status: string): Promise<void> {
    await this.page
      .getByRole('heading', { level: 1, name: status, exact: true })
      .waitFor()
      .catch(async (cause: unknown) => {
        throw new Error(`The page never showed "${status}", but one after the other: ${(await statusesShown(this.page)).join(', ')}.`, { cause })
      })
  }

  /** Waits until a text is on the page. */
  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor()
  }

  /** Presses a button with the keyboard. */
  async press(name: string): Promise<void> {
    await this.button(name).press('Enter')
  }

  /** Waits until screen readers are told this. */
  async announces(text: string): Promise<void> {
    await this.page.locator('#announcements').getByText(text, { exact: true }).waitFor({ state: 'attached' })
  }

  /** Links the simulated phone by QR code, and waits until it is connected. */
  async linkByQr(): Promise<void> {
    await this.button('Link a phone').click()
    await this.scan()
  }

  /** Scans what is shown, and waits until it is connected. */
  async scan(): Promise<void> {
    await this.page.getByRole('img', { name: /QR code/u }).waitFor()
    await this.button('Scan the QR code').click()
    await this.shows('Connected')
  }

  /** Takes pictures of what is shown, and expects it to be good for people with disabilities. */
  async inspect(name: string): Promise<void> {
    expect(await seriousViolations(this.page), `the state "${name}"`).toEqual([])
    await takePictures(this.page, name)
  }
}
