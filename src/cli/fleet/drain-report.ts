import { progressBar } from '../batch-report.js'
import { EXIT } from '../command-environment.js'
import type { Printer } from '../printer.js'
import { count } from '../terminal-text.js'
import type { DrainProgress } from './drain-watch.js'

/** Shows how far a drain has come: a bar on a terminal, a line for each change elsewhere. */
export function showDrain(owner: string, printer: Printer): (progress: DrainProgress) => void {
  let lastHeld: number | null = null
  return ({ held, total }) => {
    if (held === lastHeld) return
    lastHeld = held
    if (printer.hasTerminal) printer.status(`${progressBar('Draining', { done: total - held, total })} ${owner}`)
    else printer.note(`${owner} holds ${held} of ${count(total, 'session')}.`)
  }
}

/** What a drain came to. */
export interface DrainSummary {
  /** The name of the process. */
  readonly owner: string
  /** How far it came. */
  readonly progress: DrainProgress
  /** How long it was waited for. */
  readonly timeoutSeconds: number
}

/** How many ids a line has at most. */
const FEW = 10

/** Tells what a drain came to; returns the exit code. */
export function reportDrain({ owner, progress: { held, total, nowhere, isOver }, timeoutSeconds }: DrainSummary, printer: Printer): number {
  printer.clearStatus()
  if (!isOver) {
    printer.note(`Interrupted: ${owner} holds ${held} of ${count(total, 'session')}. It was asked all the same: "fleet" shows how it goes on.`, 'doubtful')
    return EXIT.interrupted
  }
  if (held > 0) {
    printer.note(
      `${owner} still holds ${held} of ${count(total, 'session')} after ${count(timeoutSeconds, 'second')}. "fleet" shows whether the others have room.`,
      'bad',
    )
    return EXIT.trouble
  }
  printer.line(resultOf(owner, total, nowhere.length))
  if (nowhere.length === 0) return EXIT.fine
  printer.note(`Nowhere: ${few(nowhere)}. "status" says how they stand, and "fleet" whether there is room.`, 'bad')
  return EXIT.trouble
}

function resultOf(owner: string, total: number, nowhere: number): string {
  if (total === 0) return `${owner} had no sessions to hand over, and takes none.`
  const lost = nowhere === 0 ? '' : `, but ${count(nowhere, 'of them runs', 'of them run')} nowhere`
  return `${owner} has handed over ${count(total, 'session')}${lost}.`
}

function few(sessionIds: readonly string[]): string {
  const more = sessionIds.length - FEW
  return `${sessionIds.slice(0, FEW).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
