import type { Dice } from './dice.js'

/** How a backend behaves for a while. */
export type Mood = 'healthy' | 'slow' | 'flaky' | 'down' | 'late' | 'hanging' | 'forgetful' | 'mute'

/** What becomes of one call. A failed one may have been carried out all the same. */
export type Fate =
  | { readonly kind: 'done'; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly delayMs: number; readonly isCarriedOut: boolean }
  | { readonly kind: 'hangs' }
  /** It is carried out, and its answer never comes. */
  | { readonly kind: 'unanswered'; readonly delayMs: number }

/** The shares of calls that are slow, fail, are carried out after their deadline, never answer, fail after they were carried out, or are never answered then. */
interface Shares {
  readonly slow: number
  readonly failed: number
  readonly late: number
  readonly hanging: number
  readonly lost: number
  readonly unanswered: number
}

const HEALTHY: Shares = { slow: 0, failed: 0, late: 0, hanging: 0, lost: 0, unanswered: 0 }

const MOODS: Readonly<Record<Mood, Shares>> = {
  healthy: HEALTHY,
  slow: { ...HEALTHY, slow: 0.7 },
  flaky: { slow: 0.3, failed: 0.15, late: 0.05, hanging: 0.05, lost: 0.05, unanswered: 0.05 },
  down: { ...HEALTHY, failed: 1 },
  late: { ...HEALTHY, slow: 0.3, late: 0.4 },
  hanging: { ...HEALTHY, hanging: 0.6 },
  mute: { ...HEALTHY, slow: 0.3, unanswered: 0.4 },
  forgetful: { ...HEALTHY, slow: 0.3, lost: 0.4 },
}

/** The deadline of a call, as the manager has it by default. */
const DEADLINE_MS = 15_000

/** Chooses what becomes of a call. */
export function chooseFate(mood: Mood, dice: Dice, name: string): Fate {
  const { slow, failed, late, hanging, lost, unanswered } = MOODS[mood]
  if (mood === 'healthy') return { kind: 'done', delayMs: 0 }
  const roll = dice.roll(name)
  const delayMs = (low: number, high: number): number => dice.between(`${name} delay`, low, high)
  if (roll < failed) return { kind: 'failed', delayMs: Math.max(0, delayMs(-2000, 2000)), isCarriedOut: false }
  if (roll < failed + lost) return { kind: 'failed', delayMs: delayMs(0, 2000), isCarriedOut: true }
  if (roll < failed + lost + hanging) return { kind: 'hangs' }
  if (roll < failed + lost + hanging + late) return { kind: 'done', delayMs: delayMs(DEADLINE_MS + 1, 40_000) }
  if (roll < failed + lost + hanging + late + slow) return { kind: 'done', delayMs: delayMs(1, 6000) }
  if (roll < failed + lost + hanging + late + slow + unanswered) return { kind: 'unanswered', delayMs: delayMs(0, 2000) }
  return { kind: 'done', delayMs: 0 }
}
