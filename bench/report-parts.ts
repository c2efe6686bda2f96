import { cpus, totalmem } from 'node:os'

/** What is to be reached. */
export interface Target {
  /** Whether it was; `null` where it cannot be measured. */
  readonly isReached: boolean | null
  /** The target, as the page has it. */
  readonly text: string
  /** What was measured. */
  readonly measured: string
}

/** The targets, one line each. */
export function tellTargets(targets: readonly Target[]): string {
  const verdict = (isReached: boolean | null): string => (isReached === null ? 'skipped' : isReached ? 'reached' : 'NOT reached')
  return targets.map(({ isReached, text, measured }) => `${verdict(isReached).padEnd(11)}  ${text} (${measured})`).join('\n')
}

/** Rows as a table: the first cell of each is its name, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ['---', ...head.slice(1).map(() => '---:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Where it was measured. */
export function machine(): string {
  const [cpu] = cpus()
  return `Node ${process.version.slice(1)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`
}

/** The middle of some values; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}

/** A time in milliseconds, with as many digits as matter. */
export function inMs(value: number): string {
  return value.toLocaleString('en', value < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 })
}
