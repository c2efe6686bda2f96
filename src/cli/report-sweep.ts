import { isSessionError } from '../errors.js'
import type { SessionFailure } from '../sweep/sweep-sessions.js'
import { EXIT } from './command-error.js'
import { maskNumbersIn } from './mask-numbers.js'
import type { Printer } from './printer.js'
import { count } from './terminal-text.js'

/** What a walk through sessions came to. */
export interface SweepSummary {
  /** What was done to those that changed: `Copied`. */
  readonly verb: string
  /** Those that changed. */
  readonly changed: readonly string[]
  /** Those that were as they should be. */
  readonly unchanged: readonly string[]
  /** Those that were not done. */
  readonly failed: readonly SessionFailure[]
  /** What the caller has named: numbers in it are no news. */
  readonly typed: readonly string[]
  /** How to go on with what is left; `Run it again` when not given. */
  readonly again?: string
}

/** Tells what a walk came to; returns the exit code. */
export function reportSweep({ verb, changed, unchanged, failed, typed, again = 'Run it again' }: SweepSummary, isInterrupted: boolean, printer: Printer): number {
  printer.clearStatus()
  const notBegun = failed.filter(({ error }) => isSessionError(error, 'ABORTED')).length
  const real = failed.filter(({ error }) => !isSessionError(error, 'ABORTED'))
  for (const { sessionId, error } of real) printer.note(`${sessionId}: ${maskNumbersIn(error.message, [sessionId, ...typed])}`, 'bad')
  printer.line(`${verb} ${count(changed.length, 'session')}, ${unchanged.length} unchanged, ${real.length} failed.`)
  if (isInterrupted) {
    printer.note(`Interrupted: ${count(notBegun, 'session was', 'sessions were')} not begun. ${again} to go on.`, 'doubtful')
    return EXIT.interrupted
  }
  return real.length > 0 ? EXIT.trouble : EXIT.fine
}
