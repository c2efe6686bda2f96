import { inMs, machine, markdownTable, median, type Target } from '../report-parts.js'
import type { Figures } from '../saved-figures.js'
import {
  AMOUNTS,
  type CommitTimings,
  type Contender,
  CONTENDER_TITLES,
  CONTENDERS,
  KEEPERS,
  type KeeperName,
  type KeeperTimings,
  LINES,
  type LineName,
  type Timings,
} from './lines.js'

/** What one round measured. */
export interface Round {
  /** One fsync of 4 KiB. */
  readonly fsyncMs: number
  readonly commits: CommitTimings
  readonly keepers: Readonly<Partial<Record<KeeperName, KeeperTimings>>>
}

/** How many descriptors busy sessions took; `null` where they cannot be counted. */
export interface Descriptors {
  readonly fs: number | null
  readonly stock: number | null
}

/** All rounds as a table: the middle of each in milliseconds, and the middle of its ratios to stock in the same round. */
export function table(rounds: readonly Round[]): string {
  const measured = CONTENDERS.filter((contender) => rounds.some((round) => round.commits.contenders[contender] !== undefined))
  const rows = LINES.map(({ name, title }) => [title, ...measured.map((contender) => cell(rounds, contender, name))])
  return markdownTable(['ms (times stock)', ...measured.map((contender) => CONTENDER_TITLES[contender])], rows)
}

/** What the docs keep. */
export function figures(rounds: readonly Round[]): Figures['lines'] {
  return Object.fromEntries(
    LINES.map(({ name }) => {
      const times = CONTENDERS.map((contender) => [contender, median(timesOf(rounds, contender, name))] as const)
      return [name, Object.fromEntries(times.filter(([, time]) => !Number.isNaN(time)))]
    }),
  )
}

function cell(rounds: readonly Round[], contender: Contender, name: LineName): string {
  const time = median(timesOf(rounds, contender, name))
  if (Number.isNaN(time)) return '–'
  const times = ratio(rounds, contender, 'stock', name)
  return contender === 'stock' || Number.isNaN(times) ? inMs(time) : `${inMs(time)} (${times.toFixed(2)})`
}

/** Where it was measured, and what the disk can do. */
export function describeMachine(rounds: readonly Round[]): string {
  const fsyncMs = median(rounds.map((round) => round.fsyncMs))
  return `${machine()}; an fsync of 4 KiB took ${fsyncMs.toFixed(2)} ms (${Math.round(1000 / fsyncMs)} per second)`
}

/** What is to be reached, and whether it was. */
export function targets(rounds: readonly Round[], descriptors: Descriptors): Target[] {
  const toStock = (contenders: readonly Contender[], name: LineName): Measure[] =>
    contenders.map((contender) => ({ name: CONTENDER_TITLES[contender], value: ratio(rounds, contender, 'stock', name) }))
  const toSynced = (contender: Contender, name: LineName): Measure => ({
    name: `${CONTENDER_TITLES[contender]}, ${SYNCED_TITLES[name] ?? name}`,
    value: ratio(rounds, contender, 'synced-append', name),
  })
  return [
    atMost("a commit of a key, file system, default and `'process'`: at most 0.5 of stock", 0.5, toStock(['fs', 'fs-process'], 'keyCommit')),
    atMost("creds and lifecycle by default, and any single commit with `'power'`: at most 1.5 of a bare append and fdatasync of the same bytes", 1.5, [
      toSynced('fs', 'credsCommit'),
      toSynced('fs', 'lifecycleCommit'),
      toSynced('fs-power', 'keyCommit'),
      toSynced('fs-power', 'credsCommit'),
      toSynced('fs-power', 'lifecycleCommit'),
    ]),
    atMost(
      `p99 of a commit of a key while ${AMOUNTS.crowd} sessions write, file system, default and \`'process'\`: at most 2 times stock`,
      2,
      toStock(['fs', 'fs-process'], 'crowdedCommit'),
    ),
    atMost(`${AMOUNTS.preKeys} pre-keys set, file system: at most 0.1 of stock`, 0.1, toStock(FILE_STORES, 'setPreKeys')),
    atMost(`${AMOUNTS.opened} sessions opened, file system: at most 1.2 of stock`, 1.2, toStock(FILE_STORES, 'open')),
    descriptorTarget(descriptors),
    encryptionTarget(rounds),
    sqliteTarget(rounds),
    ...redisTarget(rounds),
    postgresTarget(rounds),
  ]
}

const FILE_STORES = ['fs', 'fs-process', 'fs-power'] as const
const SYNCED_TITLES: Partial<Record<LineName, string>> = { keyCommit: 'a key', credsCommit: 'creds', lifecycleCommit: 'lifecycle' }

interface Measure {
  readonly name: string
  readonly value: number
}

function atMost(text: string, limit: number, measures: readonly Measure[]): Target {
  return {
    text,
    isReached: measures.every(({ value }) => value <= limit),
    measured: measures.map(({ name, value }) => `${name} ${value.toFixed(2)}`).join('; '),
  }
}

function descriptorTarget({ fs, stock }: Descriptors): Target {
  const text = `${AMOUNTS.busy.toLocaleString('en')} busy sessions in files: at most 300 descriptors`
  if (fs === null) return { text, isReached: null, measured: 'only Linux counts them' }
  return { text, isReached: fs <= 300, measured: `${fs}; stock ${String(stock)}` }
}

function encryptionTarget(rounds: readonly Round[]): Target {
  const costs = rounds.map(({ commits: { contenders, encryptionPass: pass } }) => {
    const [plain, encrypted] = [contenders.fs?.keyCommit ?? NaN, contenders.encrypted?.keyCommit ?? NaN]
    return { plain, encrypted, pass, passes: (encrypted - plain) / pass }
  })
  const middle = (name: keyof (typeof costs)[number]): number => median(costs.map((cost) => cost[name]))
  return {
    text: 'an encrypted commit of a key: at most the plain one and 1.3 passes of AES-256-GCM over the same bytes',
    isReached: middle('passes') <= 1.3,
    measured: `${middle('passes').toFixed(1)} passes: ${inMs(middle('encrypted'))} ms, plain ${inMs(middle('plain'))} ms, a pass ${inMs(middle('pass'))} ms`,
  }
}

function sqliteTarget(rounds: readonly Round[]): Target {
  const [set = NaN, read = NaN, listed = NaN] = (['setPreKeys', 'getPreKeys', 'list'] as const).map((name) => 1 / ratio(rounds, 'sqlite', 'stock', name))
  return {
    text: 'SQLite at least five times as fast as stock for batches and listing',
    isReached: [set, read, listed].every((times) => times >= 5),
    measured: `set ${set.toFixed(1)} times, read ${read.toFixed(1)} times, listed ${listed.toFixed(1)} times`,
  }
}

/** Compared with what promises as much. None where there is no server. */
function redisTarget(rounds: readonly Round[]): Target[] {
  const measures = (['keyCommit', 'credsCommit', 'lifecycleCommit'] as const).map((name) => ({
    name: SYNCED_TITLES[name] ?? name,
    value: ratio(rounds, 'redis', 'sqlite', name),
  }))
  if (measures.every(({ value }) => Number.isNaN(value))) return []
  return [atMost("any single commit, Redis with `appendfsync always`: at most 1.3 of SQLite with `'power'`", 1.3, measures)]
}

function postgresTarget(rounds: readonly Round[]): Target {
  const measures = (['keyCommit', 'credsCommit', 'lifecycleCommit'] as const).map((name) => ({
    name: SYNCED_TITLES[name] ?? name,
    value: ratio(rounds, 'postgres', 'insert', name),
  }))
  return atMost('any single commit, PostgreSQL: at most 1.5 of a bare INSERT … ON CONFLICT of the same bytes', 1.5, measures)
}

function timesOf(rounds: readonly Round[], contender: Contender, name: LineName): number[] {
  return rounds.flatMap((round) => timeOf(round, contender, name) ?? [])
}

function timeOf({ commits, keepers }: Round, contender: Contender, name: LineName): number | null {
  const timings: Partial<Timings> = { ...commits.contenders[contender], ...(isKeeper(contender) ? keepers[contender] : {}) }
  return timings[name] ?? null
}

function isKeeper(contender: Contender): contender is KeeperName {
  return KEEPERS.some((keeper) => keeper === contender)
}

/** The two of one round lie near each other in time, and what else the machine did meanwhile is in both. */
function ratio(rounds: readonly Round[], of: Contender, to: Contender, name: LineName): number {
  return median(
    rounds.flatMap((round) => {
      const [time, other] = [timeOf(round, of, name), timeOf(round, to, name)]
      return time === null || other === null ? [] : [time / other]
    }),
  )
}
