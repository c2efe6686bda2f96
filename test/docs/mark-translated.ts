// npm run docs:translated -- docs/pt-br/linking.md …: marks these translations as up to date with their English page.
import { writeFileSync } from 'node:fs'
import { listTranslations, markAsCurrent } from './translations.js'

const files = process.argv.slice(2)
const translations = listTranslations()
const unknown = files.filter((file) => !translations.some(({ page }) => page.file === file))
if (files.length === 0 || unknown.length > 0) {
  const known = translations.map(({ page }) => page.file).join('\n  ')
  process.stderr.write(
    `${unknown.length > 0 ? `Not a translation: ${unknown.join(', ')}. ` : ''}Name the translations that you have brought up to date:\n  ${known}\n`,
  )
  process.exitCode = 2
} else {
  for (const translation of translations) if (files.includes(translation.page.file)) writeFileSync(translation.page.file, markAsCurrent(translation))
}
