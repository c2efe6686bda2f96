// Ends `npm run test:browser` with advice when there is no browser, and removes the pictures of the last run.
import { rmSync } from 'node:fs'
import { findBrowser } from './find-browser.js'
import { SCREENSHOTS } from './screenshots.js'

try {
  findBrowser()
  rmSync(SCREENSHOTS, { recursive: true, force: true })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
