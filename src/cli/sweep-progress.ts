import type { SessionProgress } from '../sweep/sweep-sessions.js'
import type { Printer } from './printer.js'
import { count } from './terminal-text.js'

const BAR_WIDTH = 24

/** Shows how far a walk through sessions has come: a bar on a terminal, a line for each session elsewhere. */
export function showProgress(verb: string, printer: Printer): (progress: SessionProgress) => void {
  return (progress) => {
    if (printer.hasTerminal) printer.status(progressBar(verb, progress))
    else printer.note(progressLine(verb, progress))
  }
}

/** `Copying [######------] 3/6 company-1`. */
export function progressBar(verb: string, { sessionId, done, total }: SessionProgress): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH)
  return `${verb} [${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${done}/${total} ${sessionId}`
}

function progressLine(verb: string, { sessionId, done, total, records }: SessionProgress): string {
  return `${verb} ${done}/${total}: ${sessionId}, ${count(records, 'record')}`
}
