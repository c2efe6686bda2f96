import type { DisconnectCause } from '../disconnect/disconnect-cause.js'
import { SessionError } from '../errors.js'
import { chooseDelay, needsDelay } from './after-close.js'
import type { SessionContext } from './session-context.js'
import type { ChosenDelay, Circumstances, Run } from './session-state.js'

/** The delay when the application's own policy throws. */
const FALLBACK_DELAY_MS = 30_000

/** What the machine cannot know by itself: the time, and what the policies choose. */
export function circumstancesOf(run: Run | null, cause: DisconnectCause, sessionId: string, context: SessionContext): Circumstances {
  const { replacedDelayMs, rateLimitCoolDownMs } = context.settings
  const delay = run !== null && needsDelay(run, cause) ? choose(run, cause, sessionId, context) : null
  return { now: new Date(), delay, replacedDelayMs, coolDownMs: rateLimitCoolDownMs }
}

function choose(run: Run, cause: DisconnectCause, sessionId: string, { settings, announce }: SessionContext): ChosenDelay | null {
  try {
    return chooseDelay(run, cause, sessionId, settings)
  } catch (thrown) {
    announce.error(new SessionError('LISTENER_FAILED',
      `The retry policy failed for session "${sessionId}". A delay of 30 s is used instead.`, { sessionId, cause: thrown }))
    return { delayMs: FALLBACK_DELAY_MS, exhausted: run.start === 'trying' }
  }
}
