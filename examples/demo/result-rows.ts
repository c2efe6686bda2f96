import type { Ending, SessionEnding } from './scene.js'
import { seconds } from './screen.js'

/** The cells of one session: before, after, time, QR needed. */
export function resultCells({ before, after, tookMs, needsQr }: SessionEnding): string[] {
  const isBack = after === 'connected'
  return [before, after, isBack && tookMs !== null ? seconds(tookMs, 2) : '-', needsQr ? 'yes' : 'no']
}

/** The headings of {@link resultCells}. */
export const RESULT_TITLES: readonly string[] = ['before', 'after', 'time', 'QR needed']

/** Whether every session is connected again. */
export function allCameBack({ sessions }: Ending): boolean {
  return sessions.every(({ after }) => after === 'connected')
}
