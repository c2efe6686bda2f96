import { markdownTable, median, type Target } from '../report-parts.js'
import type { Figures } from '../saved-figures.js'
import { CONTENDER_TITLES, CONTENDERS, type Contender } from './orders.js'

/** What one round measured: the CPU time of one message, in milliseconds. */
export type Round = Readonly<Partial<Record<Contender, number>>>

/** At most this much of what stock takes. */
const MOST = 0.75

/** All rounds as a table: the middle of each, and the middle of its ratios to stock in the same round. */
export function table(rounds: readonly Round[]): string {
  const measured = CONTENDERS.filter((contender) => rounds.some((round) => round[contender] !== undefined))
  const rows = measured.map((contender) => [
    CONTENDER_TITLES[contender],
    median(rounds.flatMap((round) => round[contender] ?? [])).toFixed(2),
    contender === 'stock' ? '1' : ratio(rounds, contender).toFixed(2),
  ])
  return markdownTable(['CPU for one received message', 'ms', 'times stock'], rows)
}

/** What the docs keep. */
export function figures(rounds: readonly Round[]): Figures['lines'] {
  const measured = CONTENDERS.filter((contender) => rounds.some((round) => round[contender] !== undefined))
  return { cpu: Object.fromEntries(measured.map((contender) => [contender, median(rounds.flatMap((round) => round[contender] ?? []))])) }
}

/** What is to be reached, and whether it was. */
export function targets(rounds: readonly Round[]): Target[] {
  const ratios = (['fs', 'fs-power'] as const).map((contender) => ratio(rounds, contender))
  return [
    {
      text: "file system, default and `'power'`: CPU for a received message at most 0.75 of stock",
      isReached: ratios.every((value) => value <= MOST),
      measured: ratios.map((value) => value.toFixed(2)).join(' and '),
    },
  ]
}

/** The two of one round lie near each other in time, and what else the machine did meanwhile is in both. */
function ratio(rounds: readonly Round[], contender: Contender): number {
  return median(rounds.map((round) => (round[contender] ?? NaN) / (round.stock ?? NaN)))
}
