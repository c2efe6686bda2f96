import axe from 'axe-core'
import type { Page } from 'playwright-core'

declare global {
  interface Window {
    axe: typeof axe
  }
}

const SIZES = [
  { width: 1180, height: 820 },
  { width: 320, height: 640 },
]
const SCHEMES = ['light', 'dark'] as const

/** What is wrong for people with disabilities, and serious: in light and dark, wide and at 320 pixels. Leaves the page wide and light. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const found = new Set<string>()
  for (const size of SIZES) {
    await page.setViewportSize(size)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      for (const violation of await inspect(page)) found.add(`${violation} (${colorScheme}, ${size.width} px)`)
    }
    if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))
      found.add(`The page is wider than its window of ${size.width} px.`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1180, height: 820 })
  return [...found]
}

async function inspect(page: Page): Promise<string[]> {
  // By the debugger, which the page's policy against scripts of others does not concern.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await window.axe.run(document)
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}
