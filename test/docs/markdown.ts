import { readFileSync } from 'node:fs'

/** A table of a page. */
export interface Table {
  header: string[]
  /** The cells of each row, without the spaces around them. */
  rows: string[][]
}

/** A fenced block of code. */
export interface CodeBlock {
  language: string
  code: string
  /** The number of its first line in the page, from 1. */
  line: number
}

/** A page of the documentation. */
export interface Page {
  file: string
  text: string
}

/** Reads a page. */
export function readPage(file: string): Page {
  return { file, text: readFileSync(file, 'utf8') }
}

/** The table that has exactly these columns. */
export function tableOf({ file, text }: Page, ...header: string[]): Table {
  const wanted = `| ${header.join(' | ')} |`
  const lines = text.split('\n')
  const start = lines.indexOf(wanted)
  if (start < 0) throw new Error(`${file} has no table with the columns ${header.join(', ')}.`)
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  return { header, rows: lines.slice(start + 2, end < 0 ? undefined : end).map(cellsOf) }
}

/** What stands in backticks in a cell. */
export function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, code = '']) => code)
}

/** The fenced blocks of a page. */
export function codeBlocksOf({ text }: Page): CodeBlock[] {
  return [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gmu)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: text.slice(0, index).split('\n').length + 1,
  }))
}

/** Where the links of a page lead that stay in this repository. */
export function localLinksOf({ text }: Page): string[] {
  const prose = text.replaceAll(/^```[^]*?^```$/gmu, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/u.test(target))
}

/** The anchors that the headings of a page make. */
export function anchorsOf({ text }: Page): string[] {
  return [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

// A bar inside a cell is written `\|`.
function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim())
}
