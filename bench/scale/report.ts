import { markdownTable, median, type Target } from '../report-parts.js'
import type { Figures } from '../saved-figures.js'
import type { ClientResult, Setup } from './orders.js'

type NumberName = { [Name in keyof ClientResult]: ClientResult[Name] extends number | null ? Name : never }[keyof ClientResult]

/** A line of the table. */
export interface Line {
  readonly name: NumberName
  readonly title: string
  readonly digits: number
  /** What the number is divided by, to be shown in the unit of the title. */
  readonly scale?: number
}

/** The lines of the table. */
export const LINES: readonly Line[] = [
  { name: 'open', title: 'sessions open', digits: 0 },
  { name: 'openMs', title: 'all open after, s', digits: 1, scale: 1000 },
  { name: 'cpuMsPerSession', title: 'CPU per session, ms', digits: 1 },
  { name: 'rssKiBPerSession', title: 'RSS per session, KiB', digits: 0 },
  { name: 'keptKiBPerSession', title: 'the same, garbage collected, KiB', digits: 0 },
  { name: 'idleCpuPercent', title: 'CPU when idle, %', digits: 1 },
  { name: 'worstLagMs', title: 'worst event-loop lag, ms', digits: 0 },
  { name: 'thenMicroseconds', title: 'one .then, µs', digits: 2 },
  { name: 'statusesPerSecond', title: 'getStatus of a live session, per s', digits: 0 },
]

const COLUMNS: readonly Setup[] = ['library', 'bare', 'stock']

/** The results of all runs as a table: the middle of each, and the middle of the ratios of each run. */
export function table(results: readonly ClientResult[]): string {
  const setups = COLUMNS.filter((setup) => results.some((result) => result.setup === setup))
  const rows = LINES.map((line) => {
    const cells = setups.map((setup) => {
      const value = middle(results, setup, line.name)
      return value === null ? '' : shown(line, value)
    })
    const ratio = ratioOf(results, line.name)
    return [line.title, ...cells, ratio === null ? '' : ratio.toFixed(2)]
  })
  return markdownTable(['', ...setups, 'library / bare'], rows)
}

/** A number as the table has it. */
export function shown({ digits, scale = 1 }: Line, value: number): string {
  return (value / scale).toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}

/** What the docs keep. */
export function figures(results: readonly ClientResult[]): Figures['lines'] {
  return Object.fromEntries(
    LINES.map(({ name }) => [
      name,
      Object.fromEntries(
        COLUMNS.flatMap((setup) => {
          const value = middle(results, setup, name)
          return value === null ? [] : [[setup, value] as const]
        }),
      ),
    ]),
  )
}

/** What is to be reached, and whether it was. */
export function targets(results: readonly ClientResult[], sessions: number): Target[] {
  const least = (text: string, value: number | null, limit: number): Target => toTarget(text, value, value !== null && value >= limit)
  const most = (text: string, value: number | null, limit: number): Target => toTarget(text, value, value !== null && value <= limit)
  const ofLibrary = (name: NumberName): number | null => middle(results, 'library', name)
  return [
    least(`${sessions} sessions open`, ofLibrary('open'), sessions),
    most('CPU per session at most 1.05 of bare Baileys with the same remedy', ratioOf(results, 'cpuMsPerSession'), 1.05),
    most('RSS per session at most 300 KiB, garbage collected', ofLibrary('keptKiBPerSession'), 300),
    most('worst event-loop lag at most 300 ms', ofLibrary('worstLagMs'), 300),
    least('getStatus of a live session at least 1,000,000 per second', ofLibrary('statusesPerSecond'), 1_000_000),
  ]
}

function toTarget(text: string, value: number | null, isReached: boolean): Target {
  return { text, isReached, measured: value?.toLocaleString('en', { maximumFractionDigits: 3 }) ?? 'not measured' }
}

function middle(results: readonly ClientResult[], setup: Setup, name: NumberName): number | null {
  return medianIfAny(results.filter((result) => result.setup === setup).flatMap((result) => result[name] ?? []))
}

/** The two of one run lie next to each other in time, and what else the machine did meanwhile is in both. */
function ratioOf(results: readonly ClientResult[], name: NumberName): number | null {
  const of = (setup: Setup): (number | null)[] => results.filter((result) => result.setup === setup).map((result) => result[name])
  const bare = of('bare')
  return medianIfAny(
    of('library').flatMap((value, run) => {
      const other = bare[run] ?? null
      return value === null || other === null || other === 0 ? [] : [value / other]
    }),
  )
}

function medianIfAny(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values)
}
