import { cpus, totalmem } from 'node:os'
import type { ClientResult, Setup } from './orders.js'

type NumberName = { [Name in keyof ClientResult]: ClientResult[Name] extends number | null ? Name : never }[keyof ClientResult]

const LINES: readonly { readonly name: NumberName; readonly title: string; readonly digits: number; readonly scale?: number }[] = [
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
  const shown = COLUMNS.filter((setup) => results.some((result) => result.setup === setup))
  const rows = LINES.map(({ name, title, digits, scale = 1 }) => {
    const cells = shown.map((setup) => {
      const value = middle(results, setup, name)
      return value === null ? '' : (value / scale).toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
    })
    const ratio = ratioOf(results, name)
    return [title, ...cells, ratio === null ? '' : ratio.toFixed(2)]
  })
  return [['', ...shown, 'library / bare'], ['---', ...shown.map(() => '---:'), '---:'], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Where it was measured. */
export function machine(): string {
  const [cpu] = cpus()
  return `Node ${process.version.slice(1)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`
}

/** What is to be reached, and whether it was. */
export function targets(results: readonly ClientResult[], sessions: number): string[] {
  const least = (value: number | null, limit: number): boolean => value !== null && value >= limit
  const most = (value: number | null, limit: number): boolean => value !== null && value <= limit
  const cpu = ratioOf(results, 'cpuMsPerSession')
  return (
    [
      [`${sessions} sessions open`, least(middle(results, 'library', 'open'), sessions)],
      [`CPU per session at most 1.05 of bare Baileys with the same remedy (${cpu?.toFixed(3) ?? 'not measured'})`, most(cpu, 1.05)],
      ['RSS per session at most 300 KiB, garbage collected', most(middle(results, 'library', 'keptKiBPerSession'), 300)],
      ['worst event-loop lag under 300 ms', most(middle(results, 'library', 'worstLagMs'), 300)],
      ['getStatus of a live session over 1,000,000 per second', least(middle(results, 'library', 'statusesPerSecond'), 1_000_000)],
    ] as const
  ).map(([target, isReached]) => `${isReached ? 'reached    ' : 'NOT reached'}  ${target}`)
}

function middle(results: readonly ClientResult[], setup: Setup, name: NumberName): number | null {
  return median(results.filter((result) => result.setup === setup).flatMap((result) => result[name] ?? []))
}

/** The two of one run lie next to each other in time, and what else the machine did meanwhile is in both. */
function ratioOf(results: readonly ClientResult[], name: NumberName): number | null {
  const of = (setup: Setup): (number | null)[] => results.filter((result) => result.setup === setup).map((result) => result[name])
  const bare = of('bare')
  return median(
    of('library').flatMap((value, run) => {
      const other = bare[run] ?? null
      return value === null || other === null || other === 0 ? [] : [value / other]
    }),
  )
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right)
  const half = sorted.length / 2
  const [below, above] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]]
  return below === undefined || above === undefined ? null : (below + above) / 2
}
