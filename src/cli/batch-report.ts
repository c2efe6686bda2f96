import { isSessionError } from '../errors.js'
import type { SessionFailure, SessionProgress } from '../store/session-batch.js'
import { EXIT } from './command-environment.js'
import type { Printer } from './printer.js'
import { count, maskPrivate } from './terminal-text.js'

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
  /** How to go on with what is left; `Run the command again` when not given. */
  readonly again?: string
}

/** Tells what a walk came to; returns the exit code. */
export function reportSweep(
  { verb, changed, unchanged, failed, typed, again = 'Run the command again' }: SweepSummary,
  isInterrupted: boolean,
  printer: Printer,
): number {
  printer.clearStatus()
  const notBegun = failed.filter(({ error }) => isSessionError(error, 'ABORTED')).length
  const real = failed.filter(({ error }) => !isSessionError(error, 'ABORTED'))
  for (const { sessionId, error } of real) printer.note(`${sessionId}: ${maskPrivate(error.message, [sessionId, ...typed])}`, 'bad')
  printer.line(`${verb} ${count(changed.length, 'session')}, ${unchanged.length} unchanged, ${real.length} failed.`)
  if (isInterrupted) {
    printer.note(`Interrupted: ${count(notBegun, 'session was', 'sessions were')} not started. ${again} to continue.`, 'doubtful')
    return EXIT.interrupted
  }
  return real.length > 0 ? EXIT.trouble : EXIT.fine
}

const BAR_WIDTH = 24

/** Shows how far a walk through sessions has come: a bar on a terminal, a line for each session elsewhere. */
export function showProgress(verb: string, printer: Printer): (progress: SessionProgress) => void {
  return (progress) => {
    if (printer.hasTerminal) printer.status(`${progressBar(verb, progress)} ${progress.sessionId}`)
    else printer.note(progressLine(verb, progress))
  }
}

/** `Copying [######------] 3/6`. */
export function progressBar(verb: string, { done, total }: Pick<SessionProgress, 'done' | 'total'>): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH)
  return `${verb} [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${done}/${total}`
}

function progressLine(verb: string, { sessionId, done, total, records }: SessionProgress): string {
  return `${verb} ${done}/${total}: ${sessionId}, ${count(records, 'record')}`
}
