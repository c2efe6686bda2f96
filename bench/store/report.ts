import { cpus, totalmem } from 'node:os'
import { AMOUNTS, CONTENDERS, CONTENDER_TITLES, LINES, type Contender, type DiskTimings, type Timings } from './lines.js'

/** What one round measured. */
export interface Round {
  readonly disk: DiskTimings
  readonly contenders: Readonly<Record<Contender, Timings>>
}

/** What is to be reached. */
export interface Target {
  /** Whether it was. */
  readonly isReached: boolean
  /** The target, as the page has it. */
  readonly text: string
  /** What was measured. */
  readonly measured: string
}

/** All rounds as a table: the middle of each in milliseconds, and the middle of its ratios to stock in the same round. */
export function table(rounds: readonly Round[]): string {
  const rows = LINES.map(({ name, title }) => [
    title,
    ...CONTENDERS.map((contender) => {
      const time = inMs(median(rounds.map((round) => round.contenders[contender][name])))
      return contender === 'stock' ? time : `${time} (${ratio(rounds, contender, 'stock', name).toFixed(2)})`
    }),
  ])
  return [['ms (times stock)', ...CONTENDERS.map((contender) => CONTENDER_TITLES[contender])], ['---', ...CONTENDERS.map(() => '---:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

/** Where it was measured, and what the disk can do. */
export function machine(rounds: readonly Round[]): string {
  const [cpu] = cpus()
  const fsync = median(rounds.map(({ disk }) => disk.fsync))
  const replaces = median(rounds.map(({ disk }) => disk.durableReplaces))
  const readdir = median(rounds.map(({ disk }) => disk.readdir))
  return (
    `Node ${process.version.slice(1)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}; ` +
    `an fsync of 4 KiB took ${fsync.toFixed(2)} ms (${Math.round(1000 / fsync)} per second), ${AMOUNTS.commits} bare durable replacements of a file ${inMs(replaces)} ms, a bare readdir of ${AMOUNTS.listed.toLocaleString('en')} folders ${inMs(readdir)} ms`
  )
}

/** What is to be reached, and whether it was. */
export function targets(rounds: readonly Round[]): Target[] {
  const fileSystem = LINES.map(({ name, title }) => ({ title, ratio: fileSystemRatio(rounds, name) }))
  const slowest = Math.max(...fileSystem.map((line) => line.ratio))
  const late = fileSystem.filter((line) => line.ratio > 1).map(({ title }) => title)
  const sqlite = (['setPreKeys', 'getPreKeys', 'list'] as const).map((name) => 1 / ratio(rounds, 'sqlite', 'stock', name))
  const encryption = median(LINES.map(({ name }) => ratio(rounds, 'encrypted', 'fs', name))) - 1
  const mostEncryption = Math.max(...LINES.map(({ name }) => ratio(rounds, 'encrypted', 'fs', name))) - 1
  const limit = median(rounds.map(({ disk, contenders }) => contenders['fs-power'].keyCommits / disk.durableReplaces))
  return [
    {
      text: "file system in `'process'` durability at least as fast as stock in each line",
      isReached: late.length === 0,
      measured: late.length === 0 ? `at most ${slowest.toFixed(2)} of stock` : `slower: ${late.join(', ')}; at most ${slowest.toFixed(2)} of stock`,
    },
    {
      text: 'SQLite at least five times as fast as stock for batches and listing',
      isReached: sqlite.every((times) => times >= 5),
      measured: `set ${times(sqlite[0])}, read ${times(sqlite[1])}, listed ${times(sqlite[2])}`,
    },
    {
      text: 'encryption under 15 % on top of the file system, in each line',
      isReached: mostEncryption < 0.15,
      measured: `at most ${percent(mostEncryption)}, ${percent(encryption)} in the middle`,
    },
    {
      text: "file system in `'power'` durability: single commits within 1.5 of bare durable replacements",
      isReached: limit <= 1.5,
      measured: limit.toFixed(2),
    },
  ]
}

/** The targets, one line each. */
export function tellTargets(told: readonly Target[]): string {
  return told.map(({ isReached, text, measured }) => `${isReached ? 'reached    ' : 'NOT reached'}  ${text} (${measured})`).join('\n')
}

const times = (value = 0): string => `${value.toFixed(1)} times`
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`
const inMs = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

/** The file system store looks into no folder when it lists, so it is judged there by a `readdir` that does not either. */
function fileSystemRatio(rounds: readonly Round[], name: keyof Timings): number {
  if (name !== 'list') return ratio(rounds, 'fs-process', 'stock', name)
  return median(rounds.map(({ disk, contenders }) => contenders['fs-process'].list / disk.readdir))
}

/** The two of one round lie near each other in time, and what else the machine did meanwhile is in both. */
function ratio(rounds: readonly Round[], of: Contender, to: Contender, name: keyof Timings): number {
  return median(rounds.map(({ contenders }) => contenders[of][name] / contenders[to][name]))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}
