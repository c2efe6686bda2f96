import { freshLifecycle, type Lifecycle } from '../../src/auth/lifecycle-record.js'
import type { StoredSession } from '../../src/auth/stored-session.js'
import type { DisconnectCause } from '../../src/disconnect/disconnect-cause.js'
import { DISCONNECT_DECISIONS } from '../../src/disconnect/disconnect-decision.js'
import { SessionError } from '../../src/errors.js'
import { INITIAL_STATE, requestOf, restingState, transition, TRANSITIONS } from '../../src/session/session-machine.js'
import { statusOf } from '../../src/session/session-report.js'
import type { Circumstances, Hindrance, Phase, Run, SessionEvent, SessionState } from '../../src/session/session-state.js'
import type { StoredOrMissing } from '../../src/session/missing-credentials.js'
import { decideStart, type StartRequest } from '../../src/session/start-decision.js'
import type { SessionStatus, StatusReason } from '../../src/status/status-reasons.js'

/** One way from one phase to another. */
export interface Edge {
  from: Phase
  to: Phase
  event: SessionEvent['type']
}

/** Everything that the machine can come to. */
export interface Exploration {
  /** Every way from one phase to another one. */
  edges: Edge[]
  /** Every pair of status and reason that a session can show, with the phase in which it does. */
  standings: { phase: Phase; status: SessionStatus; reason: StatusReason | null }[]
}

const NOW = new Date(0)
const LATER = new Date(1000)

const REQUESTS: StartRequest[] = [
  { purpose: 'connect', force: false },
  { purpose: 'restore', force: false },
  { purpose: 'restore', force: true },
  { purpose: 'unlink', force: true },
]
/** Policies that go on, give up the start, or give up for good. */
const CIRCUMSTANCES = (
  [
    [1, 1],
    [null, 1],
    [null, null],
  ] as const
).map(([retry, reconnect]): Circumstances => ({
  sessionId: 's',
  now: NOW,
  random: 0,
  retry: () => retry,
  reconnect: () => reconnect,
  replacedDelayMs: 1,
  rateLimitCoolDownMs: 1,
}))
const HINDRANCES: (Hindrance | null)[] = [
  null,
  { reason: 'not_responding', until: null },
  { reason: 'reachout_locked', until: LATER },
  { reason: 'message_capped', until: LATER },
]
// The table is typed by cause, so its keys are all of them.
const CAUSES = Object.keys(DISCONNECT_DECISIONS) as DisconnectCause[]
const ONLY_PAIRED: readonly DisconnectCause[] = ['logged_out']
const ONLY_UNPAIRED: readonly DisconnectCause[] = ['pairing_expired', 'pairing_rejected', 'registration_closed']

let explored: Exploration | undefined

/** What a walk from the initial state through every event, until nothing new turns up, has met. It takes seconds, so it is made once. */
export function exploreMachine(): Exploration {
  return (explored ??= walk())
}

function walk(): Exploration {
  const seen = new Map<string, SessionState>()
  const edges = new Map<string, Edge>()
  const standings = new Map<string, Exploration['standings'][number]>()
  const queue: SessionState[] = [INITIAL_STATE]
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    for (const [event, circumstances] of turnsOf(state)) {
      const next = simplify(transition(state, event, circumstances).state)
      if (next.phase !== state.phase) edges.set(`${state.phase} ${next.phase} ${event.type}`, { from: state.phase, to: next.phase, event: event.type })
      const standing = { phase: next.phase, ...statusOf(next) }
      standings.set(JSON.stringify(standing), standing)
      const name = JSON.stringify(next)
      if (seen.has(name)) continue
      seen.set(name, next)
      queue.push(next)
    }
  }
  return { edges: [...edges.values()], standings: [...standings.values()] }
}

function turnsOf(state: SessionState): [SessionEvent, Circumstances][] {
  // The table is typed by event, so its keys are events.
  const types = Object.keys(TRANSITIONS[state.phase]) as SessionEvent['type'][]
  const events = types.flatMap((type) => samples(type, 'run' in state ? state.run : null))
  return events.flatMap((event) => CIRCUMSTANCES.map((circumstances): [SessionEvent, Circumstances] => [event, circumstances]))
}

function samples(type: SessionEvent['type'], run: Run | null): SessionEvent[] {
  switch (type) {
    case 'start':
      return REQUESTS.map((request) => ({ type, request }))
    case 'loaded':
      return decisionsFor(run)
    case 'retry-now':
      return [{ type, isForced: true, lostAt: null }]
    case 'closed':
      return causesFor(run).map((cause) => ({ type, cause, restrictedUntil: null }))
    case 'durable':
      return [{ type, hindrance: null }]
    case 'hindered':
      return HINDRANCES.map((hindrance) => ({ type, hindrance }))
    case 'halt':
      return [
        { type, to: restingState('disconnected', 'stopped') },
        { type, to: restingState('disconnected', 'not_running') },
        { type, to: restingState('disconnected', 'never_paired') },
        { type, to: restingState('logged_out', 'logged_out') },
      ]
    default:
      return [{ type }]
  }
}

function causesFor(run: Run | null): DisconnectCause[] {
  return CAUSES.filter((cause) => !(run?.paired === true ? ONLY_UNPAIRED : ONLY_PAIRED).includes(cause))
}

function decisionsFor(run: Run | null): SessionEvent[] {
  const request = requestOf(run)
  const decisions = storedSessions()
    .map((stored) => decideStart(stored, request, NOW))
    .filter((decision) => decision.action !== 'probe')
  const events = decisions.map((decision): SessionEvent => ({ type: 'loaded', decision }))
  // Baileys is missing; and a store that cannot be written before a pairing.
  const failures: SessionEvent[] = [
    { type: 'loaded', decision: { action: 'rest', status: 'failed', reason: null, until: null } },
    { type: 'loaded', decision: { action: 'rest', status: 'disconnected', reason: 'storage_unavailable', until: null } },
  ]
  return [...events, ...(run?.paired === true ? failures.slice(0, 1) : failures)]
}

function storedSessions(): StoredOrMissing[] {
  const error = new SessionError('RECORD_CORRUPT', '')
  const fresh = freshLifecycle('identity')
  const lifecycles: Lifecycle[] = [
    fresh,
    { ...fresh, desired: 'stopped' },
    { ...fresh, loggedOutAt: NOW },
    { ...fresh, verdict: { kind: 'restricted', until: null } },
    { ...fresh, verdict: { kind: 'rate_limited', until: LATER } },
  ]
  const identity = 'identity'
  return [
    { kind: 'absent', lifecycle: fresh, isPairingBegun: false },
    { kind: 'missing', lifecycle: fresh, error },
    { kind: 'corrupt', error },
    { kind: 'wrong-key', error },
    { kind: 'legacy', error },
    { kind: 'readable', text: '', isBackup: false, creds: { kind: 'unpaired', identity }, lifecycle: fresh },
    { kind: 'readable', text: '', isBackup: false, creds: { kind: 'half_paired', identity }, lifecycle: fresh },
    ...lifecycles.map((lifecycle): StoredSession => ({
      kind: 'readable',
      text: '',
      isBackup: false,
      creds: { kind: 'paired', phoneNumber: '1', identity },
      lifecycle,
    })),
  ]
}

/** Cuts counters where they make no difference any more, so that there is an end to it. */
function simplify(state: SessionState): SessionState {
  if (!('run' in state)) return state
  const { run } = state
  const repeated = run.repeated === null || !isCounted(run.repeated.cause) ? null : { ...run.repeated, times: Math.min(run.repeated.times, 5) }
  const simple: Run = { ...run, failures: Math.min(run.failures, 1), restarts: Math.min(run.restarts, 3), repeated }
  return { ...state, run: simple, ...('retryAt' in state ? { retryAt: NOW } : {}) }
}

/** Whether it matters how often in a row a cause was met. */
function isCounted(cause: DisconnectCause): boolean {
  const decision = DISCONNECT_DECISIONS[cause]
  return decision.action === 'retry-once' || (decision.action === 'back-off' && decision.limit !== Infinity)
}
