import type { Circumstances, Phase, Run, SessionState } from '../../src/session/session-state.js'

/** The moment at which the states below stand. */
export const NOW: Date = new Date('2026-01-02T03:04:05Z')

/** A run that was just started, with the changes given. */
export function run(changes: Partial<Run> = {}): Run {
  return {
    request: { purpose: 'restore', force: false },
    paired: true,
    failures: 0,
    failuresAtStart: 0,
    restarts: 0,
    repeated: null,
    start: 'trying',
    ...changes,
  }
}

/** Circumstances at {@link NOW} in which every policy waits a second, with the changes given. */
export function circumstances(changes: Partial<Circumstances> = {}): Circumstances {
  return { sessionId: 's', now: NOW, random: 0.5, retry: () => 1000, reconnect: () => 1000, replacedDelayMs: 5000, rateLimitCoolDownMs: 300_000, ...changes }
}

/** Policies that give up. */
export const GIVE_UP: Pick<Circumstances, 'retry' | 'reconnect'> = { retry: () => null, reconnect: () => null }

/** One state of each phase, with this run in it. */
export function stateIn(phase: Phase, inside: Run = run()): SessionState {
  switch (phase) {
    case 'idle':
      return { phase, status: 'disconnected', reason: 'stopped', until: null, tried: true }
    case 'standby':
      return { phase, run: inside }
    case 'loading':
      return { phase, run: inside, reason: 'restoring' }
    case 'dialing':
      return { phase, run: inside, reason: 'restoring' }
    case 'pairing':
      return { phase, run: inside, reason: null }
    case 'settling':
      return { phase, run: inside, reason: 'restoring' }
    case 'connected':
      return { phase, run: inside, hindrance: null }
    case 'waiting':
      return { phase, run: inside, reason: 'connection_lost', retryAt: new Date(NOW.getTime() + 1000) }
  }
}
