import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

/** Where pictures of each state are put; git ignores it. */
export const SCREENSHOTS: string = fileURLToPath(new URL('screenshots', import.meta.url))

const WIDTHS = { desktop: { width: 1180, height: 820 }, phone: { width: 390, height: 844 } }
const SCHEMES = ['light', 'dark'] as const

/** Takes pictures of what a page shows: on a desk and on a phone, light and dark. Leaves it on the desk, and light. */
export async function takePictures(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  // What lies behind a dialog is as large as the window.
  const fullPage = (await page.locator('dialog').count()) === 0
  for (const [place, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(SCREENSHOTS, `${name}-${place}-${colorScheme}.png`), animations: 'disabled', fullPage })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(WIDTHS.desktop)
}
