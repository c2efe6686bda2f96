import { describe, expect, it } from 'vitest'
import { CONTENDER_TITLES, CONTENDERS, LINES, type Contender, type Timings } from '../../bench/store/lines.js'
import { table, targets, tellTargets, type Round } from '../../bench/store/report.js'
import { readPage } from './markdown.js'

const page = readPage('docs/store-benchmarks.md')

/** A round in which everybody takes as long, but for some. */
function round(times: Partial<Record<Contender, Partial<Timings>>>, { durableReplaces = 100, readdir = 100 } = {}): Round {
  const timings = (contender: Contender): Timings => ({
    setPreKeys: 100,
    getPreKeys: 100,
    keyCommits: 100,
    credsCommits: 100,
    open: 100,
    list: 100,
    ...times[contender],
  })
  return {
    disk: { fsync: 1, durableReplaces, readdir },
    contenders: {
      stock: timings('stock'),
      fs: timings('fs'),
      'fs-power': timings('fs-power'),
      'fs-process': timings('fs-process'),
      sqlite: timings('sqlite'),
      'sqlite-process': timings('sqlite-process'),
      encrypted: timings('encrypted'),
    },
  }
}

describe('docs/store-benchmarks.md', () => {
  const rows = page.text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )

  it('has a column for each store, and the lines of the benchmark', () => {
    const [head = [], , ...lines] = rows
    expect(head.slice(1)).toEqual(CONTENDERS.map((contender) => CONTENDER_TITLES[contender]))
    expect(lines.slice(0, LINES.length).map(([title]) => title)).toEqual(LINES.map(({ title }) => title))
    expect(lines.slice(0, LINES.length).flat()).not.toContain('')
  })

  it('tells each target, and whether it was reached', () => {
    for (const { text } of targets([round({})]))
      expect(page.text).toMatch(new RegExp(`^(reached {4}|NOT reached) {2}${text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')} \\(`, 'mu'))
  })

  it('names the machine, and what an fsync takes there', () => {
    expect(page.text).toMatch(/an fsync of 4 KiB took [\d.]+ ms \(\d+ per second\)/u)
  })
})

describe('the report of the store benchmark', () => {
  const reached = (...rounds: Round[]): boolean[] => targets(rounds).map(({ isReached }) => isReached)
  const quickSqlite = { setPreKeys: 10, getPreKeys: 20, list: 20 }

  it('reaches every target only when each line is quick enough', () => {
    expect(reached(round({ sqlite: quickSqlite, encrypted: { open: 114 }, 'fs-power': { keyCommits: 150 } }))).toEqual([true, true, true, true])
    expect(
      reached(round({ sqlite: { ...quickSqlite, list: 21 }, encrypted: { open: 116 }, 'fs-power': { keyCommits: 151 }, 'fs-process': { list: 101 } })),
    ).toEqual([false, false, false, false])
  })

  it('judges the listing of the file system store by a readdir that looks into no folder either', () => {
    const listed = (readdir: number): boolean[] => reached(round({ stock: { list: 300 }, 'fs-process': { list: 100 }, sqlite: quickSqlite }, { readdir }))
    expect([listed(100)[0], listed(90)[0]]).toEqual([true, false])
  })

  it('names what is too slow', () => {
    expect(tellTargets(targets([round({ 'fs-process': { open: 300 } })]))).toContain(
      "NOT reached  file system in `'process'` durability at least as fast as stock in each line (slower: 100 sessions opened; at most 3.00 of stock)",
    )
  })

  it('compares the two of one round', () => {
    const rounds = [
      round({ stock: { list: 10 }, fs: { list: 20 } }),
      round({ stock: { list: 1000 }, fs: { list: 2000 } }),
      round({ stock: { list: 40 }, fs: { list: 80 } }),
    ]
    expect(table(rounds)).toMatch(/^\| 10,000 sessions listed \| 40 \| 80 \(2\.00\) \|/mu)
  })
})
