// npm run docs:images: takes the pictures of the documentation anew, from the states that the check in the browser comes through.
import { copyFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCREENSHOTS } from './screenshots.js'

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url))
const MOST_BYTES = 1_500_000
const SHOWN = [
  'sign-in-desktop-light',
  'pairing-qr-desktop-light',
  'pairing-qr-desktop-dark',
  'pairing-code-desktop-light',
  'connected-desktop-light',
  'connected-phone-dark',
  'reconnecting-desktop-light',
  'unlinked-desktop-light',
  'companies-one-desktop-light',
  'logout-question-desktop-light',
  'portuguese-phone-light',
  'restoring-desktop-light',
]

let bytes = 0
for (const name of SHOWN) {
  const picture = join(SCREENSHOTS, `${name}.png`)
  bytes += statSync(picture).size
  copyFileSync(picture, join(IMAGES, `console-${name}.png`))
}
if (bytes > MOST_BYTES) throw new RangeError(`The pictures take ${bytes} bytes, more than ${MOST_BYTES}: show fewer.`)
process.stdout.write(`${SHOWN.length} pictures, ${bytes} bytes.\n`)
