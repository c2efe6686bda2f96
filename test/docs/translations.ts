import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { type Page, readPage } from './markdown.js'

/** The languages beside English, by their folder in `docs`. */
export const LANGUAGES: readonly string[] = ['pt-br', 'es']

const MARK = /^<!-- translated from (\S+), ([0-9a-f]{16}) -->$/mu

/** A page in another language, and the English one that it was made from. */
export interface Translation {
  page: Page
  source: Page
}

/** Every page in another language. */
export function listTranslations(): Translation[] {
  return LANGUAGES.flatMap((language) => pagesIn(language).map((name) => ({ page: readPage(`docs/${language}/${name}`), source: readPage(sourceOf(name)) })))
}

/** Whether the English page has changed since the translation was marked as up to date. */
export function isOutdated({ page, source }: Translation): boolean {
  const [, from, hash] = MARK.exec(page.text) ?? []
  return from !== source.file || hash !== hashOf(source)
}

/** The text of a translation, marked as up to date. Throws if it has no mark to renew. */
export function markAsCurrent({ page, source }: Translation): string {
  if (!MARK.test(page.text)) throw new Error(`${page.file} has no line such as <!-- translated from ${source.file}, ${hashOf(source)} -->`)
  return page.text.replace(MARK, `<!-- translated from ${source.file}, ${hashOf(source)} -->`)
}

function pagesIn(language: string): string[] {
  const folder = `docs/${language}`
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : []
}

function sourceOf(name: string): string {
  return name === 'README.md' ? name : `docs/${name}`
}

function hashOf({ text }: Page): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
