import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorsOf, codeBlocksOf, localLinksOf, type Page, readPage } from './markdown.js'
import { isOutdated, LANGUAGES, listTranslations, markAsCurrent } from './translations.js'

const translations = listTranslations()

function codeOf(page: Page): string[] {
  return codeBlocksOf(page).map(({ language, code }) => `${language}\n${code}`)
}

function shapeOf({ text }: Page): Record<string, number> {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0
  return { headings: count(/^#+ /gmu), items: count(/^(?:-|\d+\.) /gmu), rows: count(/^\|/gmu), pictures: count(/^!\[/gmu) }
}

function linkTo(from: string, to: string): string {
  return relative(dirname(from), to).replaceAll('\\', '/')
}

it('every translated page is there in every language', () => {
  const sources = [...new Set(translations.map(({ source }) => source.file))].sort()
  for (const language of LANGUAGES) {
    const translated = translations.filter(({ page }) => page.file.startsWith(`docs/${language}/`))
    expect(translated.map(({ source }) => source.file).sort()).toEqual(sources)
  }
  expect(sources).toContain('README.md')
})

it('no translation is older than its English page', () => {
  const outdated = translations.filter(isOutdated).map(({ page, source }) => `${page.file} is older than ${source.file}`)
  const command = `npm run docs:translated -- ${translations
    .filter(isOutdated)
    .map(({ page }) => page.file)
    .join(' ')}`
  expect(outdated, `Bring them up to date, then run: ${command}`).toEqual([])
})

it('a change of the English page makes its translations outdated until they are marked again', () => {
  for (const { page, source } of translations) {
    const changed = { page, source: { ...source, text: `${source.text}\nOne more line.\n` } }
    expect(isOutdated(changed)).toBe(true)
    expect(isOutdated({ ...changed, page: { ...page, text: markAsCurrent(changed) } })).toBe(false)
  }
})

describe.each(translations.map((translation) => [translation.page.file, translation] as const))('%s', (file, { page, source }) => {
  it('has the code of the English page, letter for letter', () => {
    expect(codeOf(page)).toEqual(codeOf(source))
  })

  it('has as many headings, list items, table rows and pictures as the English page', () => {
    expect(shapeOf(page)).toEqual(shapeOf(source))
  })

  it('links to what is there', () => {
    const broken = localLinksOf(page).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(readPage(target)).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  it('leads to the other languages at its head, and the English page leads here', () => {
    const family = translations.filter((other) => other.source.file === source.file).map((other) => other.page.file)
    const others = [source.file, ...family].filter((other) => other !== file)
    expect(localLinksOf({ ...page, text: headOf(page) })).toEqual(expect.arrayContaining(others.map((other) => linkTo(file, other))))
    expect(localLinksOf({ ...source, text: headOf(source) })).toContain(linkTo(source.file, file))
  })
})

function headOf({ text }: Page): string {
  return text.split('\n').slice(0, 6).join('\n')
}
