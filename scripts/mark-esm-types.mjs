// After tsup: the `.d.cts` files import types of Baileys, which is ESM only. The compiler of a CommonJS user calls that an error, unless
// the import names a resolution mode, and `with { 'resolution-mode': … }` is a syntax error before TypeScript 5.3. Nothing is loaded here
// and the types are found all the same, so the error is ignored instead. The types for ESM need none of this.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ESM_ONLY = '@whiskeysockets/baileys'
const IMPORT = new RegExp(`^(import|export) (?:type )?([^;]+?) from (['"])${ESM_ONLY}\\3;`, 'gmu')
const MENTION = new RegExp(`^.*['"]${ESM_ONLY}['"].*$`, 'gmu')
const HARMLESS = /^(?:(?:import|export) type .* from|\s*(?:\/\*\*|\*|\/\/)) /u

for (const name of readdirSync('dist', { recursive: true })) {
  if (!name.endsWith('.d.cts')) continue
  const file = join('dist', name)
  const text = readFileSync(file, 'utf8').replace(
    IMPORT,
    (_import, keyword, names) => `// @ts-ignore\n${keyword} type ${names.replace(/\s+/gu, ' ')} from '${ESM_ONLY}';`,
  )
  const unknown = (text.match(MENTION) ?? []).filter((line) => !HARMLESS.test(line))
  if (unknown.length > 0) throw new Error(`${file} mentions ${ESM_ONLY} in a way that this script does not know: ${unknown.join()}`)
  writeFileSync(file, text)
}
