import { describe, expect, it } from 'vitest'
import { CONTENDER_TITLES as MESSAGE_TITLES, CONTENDERS as MESSAGE_CONTENDERS } from '../../bench/messages/orders.js'
import { type Round as MessageRound, table as messageTable, targets as messageTargets } from '../../bench/messages/report.js'
import { type Target, tellTargets } from '../../bench/report-parts.js'
import { CONTENDER_TITLES, CONTENDERS, type Contender, type CommitName, type KeeperTimings, LINES, type Timings } from '../../bench/store/lines.js'
import { type Descriptors, type Round, table, targets } from '../../bench/store/report.js'
import { readPage } from './markdown.js'

const page = readPage('docs/store-benchmarks.md')

const EVERY_LINE: Timings = {
  setPreKeys: 100,
  getPreKeys: 100,
  release: 100,
  keyCommit: 100,
  credsCommit: 100,
  lifecycleCommit: 100,
  crowdedCommit: 100,
  open: 100,
  list: 100,
}

/** A round in which everybody takes as long, but for some. A pass of encryption takes 10. */
function round(times: Partial<Record<Contender, Partial<Timings>>> = {}): Round {
  const timings = (contender: Contender): Timings => ({ ...EVERY_LINE, ...times[contender] })
  const commits = (contender: Contender): Pick<Timings, CommitName> => {
    const { keyCommit, credsCommit, lifecycleCommit } = timings(contender)
    return { keyCommit, credsCommit, lifecycleCommit }
  }
  const others = (contender: Contender): KeeperTimings => timings(contender)
  return {
    fsyncMs: 1,
    commits: {
      encryptionPass: 10,
      contenders: {
        stock: commits('stock'),
        append: commits('append'),
        'synced-append': commits('synced-append'),
        fs: commits('fs'),
        'fs-process': commits('fs-process'),
        'fs-power': commits('fs-power'),
        sqlite: commits('sqlite'),
        'sqlite-process': commits('sqlite-process'),
        encrypted: commits('encrypted'),
        insert: commits('insert'),
        postgres: commits('postgres'),
      },
    },
    keepers: {
      stock: others('stock'),
      fs: others('fs'),
      'fs-process': others('fs-process'),
      'fs-power': others('fs-power'),
      sqlite: others('sqlite'),
      'sqlite-process': others('sqlite-process'),
      encrypted: others('encrypted'),
      postgres: others('postgres'),
    },
  }
}

const messageRound = (changes: Partial<MessageRound> = {}): MessageRound => ({
  stock: 4,
  'stock-shared': 3.5,
  fs: 3,
  'fs-process': 3,
  'fs-power': 3,
  memory: 2,
  sqlite: 4,
  ...changes,
})

const FEW: Descriptors = { fs: 300, stock: 1000 }

describe('docs/store-benchmarks.md', () => {
  /** The rows of a table that is known by its first cell. */
  const rowsOf = (firstCell: string): string[][] => {
    const lines = page.text.split('\n')
    const rest = lines.slice(lines.findIndex((line) => line.startsWith(`| ${firstCell} |`)))
    const end = rest.findIndex((line) => !line.startsWith('|'))
    return rest.slice(0, end).map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  }

  it('has a column for each contender, and the lines of the benchmark', () => {
    const [head = [], , ...lines] = rowsOf('ms (times stock)')
    expect(head.slice(1)).toEqual(CONTENDERS.map((contender) => CONTENDER_TITLES[contender]))
    expect(lines.map(([title]) => title)).toEqual(LINES.map(({ title }) => title))
    expect(lines.flat()).not.toContain('')
  })

  it('has a row for each contender that receives messages', () => {
    const [, , ...lines] = rowsOf('CPU for one received message')
    expect(lines.map(([title]) => title)).toEqual(MESSAGE_CONTENDERS.map((contender) => MESSAGE_TITLES[contender]))
    expect(lines.flat()).not.toContain('')
  })

  it('tells each target, and whether it was reached', () => {
    for (const { text } of [...targets([round()], FEW), ...messageTargets([messageRound()])])
      expect(page.text).toMatch(new RegExp(`^(reached {4}|NOT reached) {2}${text.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')} \\(`, 'mu'))
  })

  it('names the machine, and what an fsync takes there', () => {
    expect(page.text).toMatch(/an fsync of 4 KiB took [\d.]+ ms \(\d+ per second\)/u)
  })
})

const verdicts = (told: readonly Target[]): (boolean | null)[] => told.map(({ isReached }) => isReached)

describe('the report of the store benchmark', () => {
  const files = { setPreKeys: 10, open: 120 }
  const justEnough = {
    fs: { ...files, keyCommit: 50, credsCommit: 150, lifecycleCommit: 150, crowdedCommit: 200 },
    'fs-process': { ...files, keyCommit: 50, crowdedCommit: 200 },
    'fs-power': { ...files, keyCommit: 150, credsCommit: 150, lifecycleCommit: 150 },
    encrypted: { keyCommit: 63 },
    sqlite: { setPreKeys: 20, getPreKeys: 20, list: 20 },
    postgres: { keyCommit: 150, credsCommit: 150, lifecycleCommit: 150 },
  } satisfies Partial<Record<Contender, Partial<Timings>>>
  const reached = (times: Partial<Record<Contender, Partial<Timings>>>, descriptors = FEW): (boolean | null)[] =>
    verdicts(targets([round({ ...justEnough, ...times })], descriptors))

  it('reaches every target when each line is just quick enough', () => {
    expect(reached({})).toEqual(Array.from({ length: 9 }, () => true))
  })

  it.each([
    [0, 'fs', 'keyCommit'],
    [0, 'fs-process', 'keyCommit'],
    [1, 'fs', 'credsCommit'],
    [1, 'fs', 'lifecycleCommit'],
    [1, 'fs-power', 'keyCommit'],
    [1, 'fs-power', 'credsCommit'],
    [1, 'fs-power', 'lifecycleCommit'],
    [2, 'fs', 'crowdedCommit'],
    [2, 'fs-process', 'crowdedCommit'],
    [3, 'fs', 'setPreKeys'],
    [3, 'fs-process', 'setPreKeys'],
    [3, 'fs-power', 'setPreKeys'],
    [4, 'fs', 'open'],
    [4, 'fs-process', 'open'],
    [4, 'fs-power', 'open'],
    [6, 'encrypted', 'keyCommit'],
    [7, 'sqlite', 'setPreKeys'],
    [7, 'sqlite', 'getPreKeys'],
    [7, 'sqlite', 'list'],
    [8, 'postgres', 'keyCommit'],
    [8, 'postgres', 'credsCommit'],
    [8, 'postgres', 'lifecycleCommit'],
  ] as const)('misses target %i, and no other, when %s is a little slower at %s', (target, contender, line) => {
    const own: Partial<Timings> = justEnough[contender]
    const slower = reached({ [contender]: { ...own, [line]: (own[line] ?? NaN) + 1 } })
    expect(slower.flatMap((isReached, index) => (isReached === true ? [] : [index]))).toEqual([target])
  })

  it('misses the target of descriptors by one descriptor', () => {
    expect(reached({}, { fs: 301, stock: 1000 })).toEqual([true, true, true, true, true, false, true, true, true])
  })

  it('says so where descriptors cannot be counted', () => {
    expect(tellTargets(targets([round()], { fs: null, stock: null }))).toMatch(/^skipped {6}1,000 busy sessions .* \(only Linux counts them\)$/mu)
  })

  it('names what was measured', () => {
    expect(tellTargets(targets([round({ 'fs-process': { keyCommit: 90 } })], FEW))).toContain(
      "NOT reached  a commit of a key, file system, default and `'process'`: at most 0.5 of stock (file system, default 1.00; file system, `'process'` 0.90)",
    )
  })

  it('compares the two of one round, and leaves out what somebody does not do', () => {
    const rounds = [
      round({ stock: { list: 10, release: null }, fs: { list: 20 } }),
      round({ stock: { list: 1000, release: null }, fs: { list: 2000 } }),
      round({ stock: { list: 40, release: null }, fs: { list: 80 } }),
    ]
    expect(table(rounds)).toMatch(/^\| 10,000 sessions listed \| 40 \| – \| – \| 80 \(2\.00\) \|/mu)
    expect(table(rounds)).toMatch(/^\| the session with them released \| – \| – \| – \| 100 \|/mu)
  })
})

describe('the report of the message benchmark', () => {
  it('reaches its target only when both durabilities are cheap enough', () => {
    const reached = (changes: Partial<MessageRound>): (boolean | null)[] => verdicts(messageTargets([messageRound(changes)]))
    expect([reached({}), reached({ fs: 3.01 }), reached({ 'fs-power': 3.01 }), reached({ 'fs-process': 9 })]).toEqual([[true], [false], [false], [true]])
  })

  it('compares the two of one round', () => {
    const rounds = [messageRound({ stock: 1, fs: 2 }), messageRound({ stock: 100, fs: 200 }), messageRound({ stock: 4, fs: 8 })]
    expect(messageTable(rounds)).toMatch(/^\| file system, default \| 8\.00 \| 2\.00 \|$/mu)
  })
})
