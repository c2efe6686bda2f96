import { rmSync } from 'node:fs'
import { findBrowser } from './find-browser.js'
import { SCREENSHOTS } from './screenshots.js'

/** Ends the run with advice when there is no browser, and removes the pictures of the last one. */
export default function requireBrowser(): void {
  findBrowser()
  rmSync(SCREENSHOTS, { recursive: true, force: true })
}
