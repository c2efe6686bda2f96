import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { barChart } from '../../bench/pictures/bar-chart.js'
import { drawPictures } from '../../bench/pictures/pictures.js'
import { CONTENDERS as MESSAGE_CONTENDERS } from '../../bench/messages/orders.js'
import { inMs } from '../../bench/report-parts.js'
import { LINES as SCALE_LINES, shown } from '../../bench/scale/report.js'
import { type BenchmarkName, readFigures } from '../../bench/saved-figures.js'
import { CONTENDERS, LINES } from '../../bench/store/lines.js'
import { readPage } from './markdown.js'

/** The cells of the row that begins with a title, without that. */
function cellsOf(file: string, title: string): string[] {
  const line = readPage(file)
    .text.split('\n')
    .find((text) => text.startsWith(`| ${title} |`))
  expect(line, `${file} has no row "${title}"`).toBeDefined()
  return (line ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim())
}

const valuesOf = (name: BenchmarkName, line: string): Record<string, number | undefined> => readFigures(name).lines[line] ?? {}

describe('the figures that benchmarks have left', () => {
  it.each(LINES)('are those of docs/store-benchmarks.md: $title', ({ name, title }) => {
    const values = valuesOf('store', name)
    const expected = CONTENDERS.map((contender) => (values[contender] === undefined ? '–' : inMs(values[contender])))
    expect(cellsOf('docs/store-benchmarks.md', title).map((cell) => cell.split(' ')[0])).toEqual(expected)
  })

  it.each(MESSAGE_CONTENDERS.map((contender, row) => ({ contender, row })))(
    'are those of docs/store-benchmarks.md: a message with $contender',
    ({ contender, row }) => {
      const lines = readPage('docs/store-benchmarks.md').text.split('\n')
      const first = lines.indexOf('| CPU for one received message | ms | times stock |') + 2
      expect(lines[first + row]?.split('|')[2]?.trim()).toBe(valuesOf('messages', 'cpu')[contender]?.toFixed(2))
    },
  )

  it.each(SCALE_LINES)('are those of docs/scale.md: $title', (line) => {
    const values = valuesOf('scale', line.name)
    const [library, bare] = cellsOf('docs/scale.md', line.title.replaceAll('.then', '`.then`').replaceAll('getStatus', '`getStatus`'))
    expect([library, bare]).toEqual(['library', 'bare'].map((setup) => (values[setup] === undefined ? '' : shown(line, values[setup]))))
  })

  it('are those of docs/scale.md: an import', () => {
    const { own, required, baileys } = valuesOf('import', 'import')
    const titles = ["`import 'baileys-sessions'`", "`require('baileys-sessions')`", "`import '@whiskeysockets/baileys'`"]
    expect(titles.map((title) => cellsOf('docs/scale.md', title)[0])).toEqual([own, required, baileys].map((value) => value?.toFixed(0)))
  })

  it('name the machine as the page does', () => {
    for (const name of ['store', 'messages'] as const) expect(readPage('docs/store-benchmarks.md').text).toContain(readFigures(name).machine)
    expect(readPage('docs/scale.md').text).toContain(readFigures('scale').machine)
  })
})

describe('the pictures of the docs', () => {
  const pictures = drawPictures({ messages: readFigures('messages'), scale: readFigures('scale'), store: readFigures('store') })

  it.each(Object.entries(pictures))('%s is what npm run bench:pictures draws, and on a page', (name, svg) => {
    expect(readFileSync(`docs/images/${name}`, 'utf8')).toBe(svg)
    const pages = ['docs/scale.md', 'docs/store-benchmarks.md'].map((page) => readPage(page).text)
    expect(pages.filter((text) => text.includes(`](images/${name})`))).toHaveLength(1)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/u)
  })
})

describe('a chart', () => {
  const bars = [
    { name: 'stock', kind: 'stock', value: 40 },
    { name: 'ours & <theirs>', kind: 'ours', value: 10 },
  ] as const
  const svg = barChart({ title: 'A title', description: 'What it shows' }, [{ heading: 'a line', bars, format: (value) => `${value} ms` }])

  it('has bars as long as their values', () => {
    const [long = NaN, short = NaN] = [...svg.matchAll(/ width="([\d.]+)"/gu)].map(([, width]) => Number(width))
    expect(long / short).toBe(4)
  })

  it('says the same to somebody who sees no bars', () => {
    for (const text of [
      '<title id="title">A title</title>',
      '<desc id="description">What it shows</desc>',
      '>40 ms</text>',
      '>ours &amp; &lt;theirs&gt;</text>',
    ])
      expect(svg).toContain(text)
  })
})
