import type { WASocket } from '@whiskeysockets/baileys'
import { expectTypeOf, test } from 'vitest'
import type { SafeEmitter } from '../../src/async/safe-emitter.js'
import type {
  ConnectedEvent,
  DeletedEvent,
  DisconnectedEvent,
  ErrorEvent,
  Listener,
  LoggedOutEvent,
  MembersEvent,
  PairingCodeEvent,
  QrEvent,
  RestoreResult,
  SessionError,
  SessionManager,
  SessionManagerEvents,
  SessionSnapshot,
  SessionStatus,
  SocketEvent,
  StatusEvent,
} from '../../src/index.js'

declare const sessions: SessionManager
type Names = keyof SessionManagerEvents

test('the events are those of the api', () => {
  expectTypeOf<Names>().toEqualTypeOf<
    'status' | 'qr' | 'pairing-code' | 'socket' | 'connected' | 'disconnected' | 'restored' | 'creds-restored' | 'logged-out' | 'deleted' | 'members' | 'error'
  >()
  expectTypeOf<SessionManagerEvents['status']>().toEqualTypeOf<[event: StatusEvent]>()
  expectTypeOf<SessionManagerEvents['qr']>().toEqualTypeOf<[event: QrEvent]>()
  expectTypeOf<SessionManagerEvents['pairing-code']>().toEqualTypeOf<[event: PairingCodeEvent]>()
  expectTypeOf<SessionManagerEvents['socket']>().toEqualTypeOf<[event: SocketEvent]>()
  expectTypeOf<SessionManagerEvents['connected']>().toEqualTypeOf<[event: ConnectedEvent]>()
  expectTypeOf<SessionManagerEvents['disconnected']>().toEqualTypeOf<[event: DisconnectedEvent]>()
  expectTypeOf<SessionManagerEvents['restored']>().toEqualTypeOf<[event: RestoreResult]>()
  expectTypeOf<SessionManagerEvents['logged-out']>().toEqualTypeOf<[event: LoggedOutEvent]>()
  expectTypeOf<SessionManagerEvents['deleted']>().toEqualTypeOf<[event: DeletedEvent]>()
  expectTypeOf<SessionManagerEvents['members']>().toEqualTypeOf<[event: MembersEvent]>()
  expectTypeOf<SessionManagerEvents['error']>().toEqualTypeOf<[event: ErrorEvent]>()
})

test('each event is one object that holds sessionId', () => {
  expectTypeOf<SessionManagerEvents[Names]['length']>().toEqualTypeOf<1>()
  expectTypeOf<SessionManagerEvents[Exclude<Names, 'members' | 'error'>][0]>().toExtend<{ sessionId: string }>()
  // A failure may concern the manager as a whole.
  expectTypeOf<ErrorEvent['sessionId']>().toEqualTypeOf<string | null>()
  expectTypeOf<ErrorEvent['error']>().toEqualTypeOf<SessionError>()
})

test('a status holds neither QR code nor pairing code', () => {
  expectTypeOf<StatusEvent>().toExtend<Omit<SessionSnapshot, 'qr' | 'pairingCode'>>()
  expectTypeOf<'qr' extends keyof StatusEvent ? true : false>().toEqualTypeOf<false>()
  expectTypeOf<'pairingCode' extends keyof StatusEvent ? true : false>().toEqualTypeOf<false>()
  expectTypeOf<StatusEvent['previous']>().toEqualTypeOf<SessionStatus>()
})

test('listeners are told what the event carries, and may be asynchronous', () => {
  sessions.on('connected', (event) => {
    expectTypeOf(event).toEqualTypeOf<ConnectedEvent>()
  })
  sessions.once('qr', async ({ qr, expiresAt }) => {
    expectTypeOf(qr).toEqualTypeOf<string>()
    expectTypeOf(expiresAt).toEqualTypeOf<Date>()
  })
  sessions.on('socket', ({ socket }) => {
    expectTypeOf(socket).toEqualTypeOf<WASocket>()
  })
  const listener: Listener<SessionManagerEvents['error']> = ({ error }) => {
    expectTypeOf(error.code).toExtend<string>()
  }
  expectTypeOf(sessions.on('error', listener).off('error', listener)).toEqualTypeOf<SessionManager>()
})

test('unknown events, and listeners that want something else, are refused', () => {
  // @ts-expect-error There is no such event.
  sessions.on('connection', () => undefined)
  // @ts-expect-error A connected event carries no QR code.
  sessions.on('connected', (event: QrEvent) => {
    expectTypeOf(event).toBeObject()
  })
  // Events are read from outside, not made.
  expectTypeOf<'emit' extends keyof SessionManager ? true : false>().toEqualTypeOf<false>()
})

test('an event map that is not made of tuples of one object is refused', () => {
  expectTypeOf<SafeEmitter<{ told: [event: { sessionId: string }] }>>().toBeObject()
  // @ts-expect-error The event is not in a tuple.
  expectTypeOf<SafeEmitter<{ told: { sessionId: string } }>>().toBeObject()
  // @ts-expect-error Two arguments.
  expectTypeOf<SafeEmitter<{ told: [sessionId: string, event: object] }>>().toBeObject()
  // @ts-expect-error A text is no object.
  expectTypeOf<SafeEmitter<{ told: [sessionId: string] }>>().toBeObject()
  // @ts-expect-error A listener in the place of the event.
  expectTypeOf<SafeEmitter<{ told: (event: object) => void }>>().toBeObject()
})
