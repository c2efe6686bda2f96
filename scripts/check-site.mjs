// After typedoc, as part of `npm run docs`: what a reader of the site relies on, and what no warning of typedoc tells.
import { Buffer } from 'node:buffer'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'

const { guides, out } = JSON.parse(readFileSync('typedoc.json', 'utf8'))

const pages = ['index.html', ...readdirSync(join(out, 'documents')).map((name) => join('documents', name))]
expect(pages.length === 1 + Object.values(guides).flat().length, `${pages.length} pages`)
for (const page of pages) {
  const html = readFileSync(join(out, page), 'utf8')
  const count = (text) => html.split(text).length - 1
  expect(count('<h1') === 1, `${page} has ${count('<h1')} titles`)
  expect(count('<table') === count('<div class="wide-table"'), `${page} has a table that does not scroll by itself`)
}

const groups = readData('navigation').map(({ text }) => text)
expect(
  Object.keys(guides).every((group, index) => groups[index] === group),
  `the groups of the navigation are ${groups.join(', ')}`,
)

// What the search knows of the text of a guide, beside its title.
const searched = readData('search').index.fieldVectors.filter(([field, words]) => field.startsWith('document/') && words.length > 0)
expect(searched.length === pages.length - 1, `the text of ${searched.length} guides is searched`)

/** What the pages load: JSON, deflated, in Base64. */
function readData(name) {
  const [, text] = /"([^"]+)"/u.exec(readFileSync(join(out, 'assets', `${name}.js`), 'utf8')) ?? []
  return JSON.parse(inflateSync(Buffer.from(text, 'base64')).toString())
}

function expect(holds, message) {
  if (!holds) throw new Error(`The site: ${message}.`)
}
