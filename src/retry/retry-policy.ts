import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { LONGEST_TIMER_MS } from '../time/longest-timer.js'

/** How delays are spread: `full` picks at random between 0 and the delay, `none` takes the delay as it is. */
export type Jitter = 'full' | 'none'

/** What a retry policy is asked. */
export interface RetryContext {
  /** Which retry of this policy in a row it would be: 1 for the first. */
  attempt: number
  /** How many attempts in a row have failed, whichever policy they were made under: the back-off grows with these. */
  failures: number
  /** Why the last one failed. */
  cause: DisconnectCause
  /** The session. */
  sessionId: string
}

/** Chooses how long to wait before the next attempt, in milliseconds; `null` gives up. */
export type RetryFunction = (context: RetryContext) => number | null

/** An exponential back-off. */
export interface BackOffOptions {
  /** How many retries in a row; `Infinity` never gives up, `0` never retries. */
  maxRetries?: number | undefined
  /** The delay before the first retry. */
  initialDelayMs?: number | undefined
  /** What each further delay is multiplied by; at least 1. */
  factor?: number | undefined
  /** No delay is longer than this. */
  maxDelayMs?: number | undefined
  /** How delays are spread, so that many sessions do not dial at the same moment. */
  jitter?: Jitter | undefined
}

/** A back-off with every value set. */
export type BackOff = { [Key in keyof BackOffOptions]-?: NonNullable<BackOffOptions[Key]> }

/** How long to wait before each attempt: a back-off, or a function of the application. */
export type RetryPolicy = BackOff | RetryFunction

/**
 * The delay that a policy chooses, in milliseconds; `null`: it gives up. `random` is 0 ≤ x < 1. Throws what an application's function
 * throws, and `TypeError` when it answers with neither a number nor `null`.
 */
export function delayOf(policy: RetryPolicy, context: RetryContext, random: number): number | null {
  return typeof policy === 'function' ? bounded(policy(context)) : backedOff(policy, context, random)
}

function backedOff(backOff: BackOff, { attempt, failures }: RetryContext, random: number): number | null {
  if (attempt > backOff.maxRetries) return null
  // Zero times infinity would be no number.
  const grown = backOff.initialDelayMs * Math.min(backOff.factor ** (failures - 1), Number.MAX_VALUE)
  const capped = Math.min(grown, backOff.maxDelayMs, LONGEST_TIMER_MS)
  return backOff.jitter === 'none' ? capped : Math.round(capped * random)
}

/** Keeps the answer of an application's function within what a timer can do. */
function bounded(delayMs: unknown): number | null {
  if (delayMs === null) return null
  // A slip of the pen must not turn an outage into a session that has given up.
  if (typeof delayMs !== 'number' || Number.isNaN(delayMs)) throw new TypeError('The retry policy must answer with a number of milliseconds, or with null to give up.')
  return Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS)
}
