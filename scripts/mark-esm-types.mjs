// After tsup: the `.d.cts` files refer to types of ESM-only Baileys. A CommonJS user's compiler accepts that only from a
// type-only import that names the resolution mode, and the bundler of declarations cannot write one.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ESM_ONLY = '@whiskeysockets/baileys'
const IMPORT = new RegExp(`^(import|export) (?:type )?([^;]+?) from (['"])${ESM_ONLY}\\3;`, 'gmu')
const IMPORT_TYPE = new RegExp(`\\bimport\\((['"])${ESM_ONLY}\\1\\)`, 'gu')
const MARKED = new RegExp(`${ESM_ONLY}['"](?:, \\{ with:| with \\{)`, 'gu')
const MENTIONED = new RegExp(`['"]${ESM_ONLY}['"]`, 'gu')

for (const name of readdirSync('dist', { recursive: true })) {
  if (!name.endsWith('.d.cts')) continue
  const file = join('dist', name)
  const text = readFileSync(file, 'utf8')
    .replace(IMPORT, `$1 type $2 from '${ESM_ONLY}' with { 'resolution-mode': 'import' };`)
    .replace(IMPORT_TYPE, `import('${ESM_ONLY}', { with: { 'resolution-mode': 'import' } })`)
  const unmarked = (text.match(MENTIONED)?.length ?? 0) - (text.match(MARKED)?.length ?? 0)
  if (unmarked !== 0) throw new Error(`${file} mentions ${ESM_ONLY} in a way that this script does not know`)
  writeFileSync(file, text)
}
