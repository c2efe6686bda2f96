import type { Page } from 'playwright-core'

declare global {
  interface Window {
    /** Every status that the page has shown since it was loaded, in order. */
    statusesShown: string[]
  }
}

/** Runs in the page, before its own scripts: notes every status that a person could see, however short. */
export function recordStatuses(): void {
  const shown: string[] = []
  window.statusesShown = shown
  new MutationObserver(() => {
    const session = document.querySelector<HTMLElement>('.session')
    const status = session?.closest('[hidden]') === null ? session.dataset['status'] : undefined
    if (status !== undefined && shown.at(-1) !== status) shown.push(status)
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-status', 'hidden'] })
}

/** What the page has shown since it was loaded. */
export async function statusesShown(page: Page): Promise<string[]> {
  return page.evaluate(() => window.statusesShown)
}

/** Forgets what was shown until now. */
export async function forgetStatuses(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.statusesShown.length = 0
  })
}
