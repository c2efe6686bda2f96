import { describe, expect, it } from 'vitest'
import type { DisconnectCause } from '../../../src/disconnect/disconnect-cause.js'
import { DISCONNECT_DECISIONS } from '../../../src/disconnect/disconnect-decision.js'
import { INITIAL_STATE, restingState, transition } from '../../../src/session/session-machine.js'
import type { Circumstances, SessionEffect, SessionEvent, SessionState } from '../../../src/session/session-state.js'
import { circumstances, GIVE_UP, NOW } from '../../support/machine-states.js'
import { seededRandom, type SeededRandom } from '../../support/seeded-random.js'

const HISTORIES = 2000
const STEPS = 60

const CAUSES = Object.keys(DISCONNECT_DECISIONS) as [DisconnectCause, ...DisconnectCause[]]
const WITH_SOCKET: ReadonlySet<string> = new Set(['dialing', 'pairing', 'settling', 'connected'])

/** Any event, at any time: also those that make no sense there. */
function anyEvent(random: SeededRandom): SessionEvent {
  const request = { purpose: random.pick(['restore', 'connect', 'unlink'] as const), force: random.below(2) === 0 }
  return random.pick<SessionEvent>([
    { type: 'start', request },
    { type: 'retry-now', isForced: false, lostAt: null },
    { type: 'owned-elsewhere' },
    {
      type: 'loaded',
      decision: random.pick([
        { action: 'dial' },
        { action: 'dial' },
        { action: 'pair' },
        { action: 'cool-down', until: NOW },
        { action: 'rest', status: 'failed', reason: 'restricted', until: null },
      ] as const),
    },
    { type: 'loaded', decision: { action: 'dial' } },
    { type: 'store-failed' },
    { type: 'qr' },
    { type: 'paired' },
    { type: 'opened' },
    { type: 'durable', hindrance: random.pick([null, { reason: 'message_capped', until: NOW }]) },
    { type: 'hindered', hindrance: random.pick([null, { reason: 'not_responding', until: null }]) },
    { type: 'stable' },
    { type: 'timer' },
    { type: 'closed', cause: random.pick(CAUSES), restrictedUntil: random.pick([null, NOW]) },
    { type: 'lease-lost' },
    { type: 'hand-over' },
    { type: 'halt', to: restingState('disconnected', 'stopped') },
  ])
}

/** Policies that go on, give up the start, or give up for good. */
function anyCircumstances(random: SeededRandom): Circumstances {
  return circumstances(random.pick<Partial<Circumstances>>([{}, { retry: () => null }, GIVE_UP]))
}

const has = (effects: readonly SessionEffect[], type: SessionEffect['type']): boolean => effects.some((effect) => effect.type === type)

/** What a shell would hold after carrying out the effects so far. */
interface Holdings {
  sockets: number
  mostSockets: number
}

function carryOut(holdings: Holdings, effects: readonly SessionEffect[]): void {
  for (const { type } of effects) {
    if (type === 'close') holdings.sockets = 0
    if (type === 'dial') holdings.sockets += 1
    holdings.mostSockets = Math.max(holdings.mostSockets, holdings.sockets)
  }
}

interface Turn {
  readonly before: SessionState
  readonly event: SessionEvent
  readonly after: SessionState
  readonly effects: readonly SessionEffect[]
}

const enters = ({ before, after }: Turn, phase: SessionState['phase']): boolean => after.phase === phase && before.phase !== phase

/** What must be true of every step, whatever came before. */
const RULES: Readonly<Record<string, (turn: Turn) => boolean>> = {
  'a dial follows a load, and nothing else': ({ before, after, effects }) => !has(effects, 'dial') || (before.phase === 'loading' && after.phase === 'dialing'),
  'connected comes from settling, when all is stored': (turn) =>
    !enters(turn, 'connected') || (turn.before.phase === 'settling' && turn.event.type === 'durable'),
  'settling waits for what is to be stored': (turn) => !enters(turn, 'settling') || has(turn.effects, 'settle'),
  'waiting has a timer': (turn) => !enters(turn, 'waiting') || has(turn.effects, 'wait'),
  'standby looks for the owner': (turn) => !enters(turn, 'standby') || has(turn.effects, 'stand-by'),
  'a hand-over hands back what it closed': ({ before, event, after, effects }) =>
    event.type === 'hand-over' ? after === before || (has(effects, 'close') && has(effects, 'hand-back')) : !has(effects, 'hand-back'),
  'a pairing is not handed over': ({ before, event, after }) => event.type !== 'hand-over' || before.phase !== 'pairing' || after === before,
  'loading loads': (turn) => !enters(turn, 'loading') || has(turn.effects, 'load'),
  'an end gives the lease back, unless somebody else does': (turn) => !enters(turn, 'idle') || turn.event.type === 'halt' || has(turn.effects, 'release'),
  'what was ended stays ended until it is started': ({ before, after, event }) => before.phase !== 'idle' || after.phase === 'idle' || event.type === 'start',
  'nothing is remembered but after a close': ({ event, effects }) => !has(effects, 'remember') || event.type === 'closed',
  'an event that means nothing changes nothing': ({ before, after, effects }) => after !== before || effects.length === 0,
}

function findWrong(turn: Turn): string[] {
  return Object.entries(RULES)
    .filter(([, holds]) => !holds(turn))
    .map(([rule]) => rule)
}

describe('random histories of a session', () => {
  it(`invariant 1: ${HISTORIES} of ${STEPS} events never lead to two sockets, nor to a socket without a state for it`, () => {
    const random = seededRandom(Number(process.env['SEED'] ?? 42))
    for (let history = 0; history < HISTORIES; history += 1) {
      const holdings: Holdings = { sockets: 0, mostSockets: 0 }
      let state: SessionState = INITIAL_STATE
      for (let step = 0; step < STEPS; step += 1) {
        const event = anyEvent(random)
        const next = transition(state, event, anyCircumstances(random))
        carryOut(holdings, next.effects)
        const wrong = findWrong({ before: state, event, after: next.state, effects: next.effects })
        if ((holdings.sockets === 1) !== WITH_SOCKET.has(next.state.phase)) wrong.push(`${holdings.sockets} sockets in ${next.state.phase}`)
        if (wrong.length > 0) throw new Error(`${wrong.join('; ')} (${state.phase}, ${event.type} → ${next.state.phase}; SEED=${random.seed})`)
        state = next.state
      }
      expect(holdings.mostSockets).toBeLessThanOrEqual(1)
    }
  })

  it('invariant 11: failures are forgotten by a stable connection and by a new start, and by nothing else', () => {
    const random = seededRandom(Number(process.env['SEED'] ?? 42))
    for (let history = 0; history < HISTORIES; history += 1) {
      let state: SessionState = INITIAL_STATE
      for (let step = 0; step < STEPS; step += 1) {
        const event = anyEvent(random)
        const next: SessionState = transition(state, event, anyCircumstances(random)).state
        const [before, after] = [state, next].map((at) => ('run' in at ? at.run.failures : 0))
        if (after !== undefined && before !== undefined && after < before && next.phase !== 'idle') {
          expect(['stable', 'start'], `${state.phase} (SEED=${random.seed})`).toContain(event.type)
        }
        state = next
      }
    }
  })

  it('reaches every phase', () => {
    const random = seededRandom(1)
    const seen = new Set<string>()
    for (let history = 0; history < 200; history += 1) {
      let state: SessionState = INITIAL_STATE
      for (let step = 0; step < STEPS; step += 1) {
        state = transition(state, anyEvent(random), anyCircumstances(random)).state
        seen.add(state.phase)
      }
    }
    expect([...seen].sort()).toEqual(['connected', 'dialing', 'idle', 'loading', 'pairing', 'settling', 'standby', 'waiting'])
  })
})
