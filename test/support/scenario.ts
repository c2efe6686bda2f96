import { afterEach, beforeEach, expect, vi } from 'vitest'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { SessionManager, type BaileysModule, type Logger, type SessionManagerEvents, type SessionManagerOptions, type SessionStore } from '../../src/index.js'
import { FakeBaileys, type FakeSocket } from '../../src/testing/index.js'
import { SESSION_EVENTS } from './event-names.js'
import { WatchedSessionStore } from './watched-session-store.js'

type EventName = keyof SessionManagerEvents

/** An event that a manager told of. */
export type ToldEvent = { [Name in EventName]: { readonly name: Name; readonly event: SessionManagerEvents[Name][0] } }[EventName]

/** How WhatsApp behaves towards a socket that was just made. */
export type Script = (socket: FakeSocket, index: number) => void

/** A manager over fakes, with everything it told and asked. */
export interface Scenario {
  readonly sessions: SessionManager
  readonly store: WatchedSessionStore
  readonly repository: MemoryConnectionRepository
  readonly baileys: FakeBaileys
  /** What happens to the next sockets; may be changed at any time. */
  script: Script
  /** Every event, oldest first. */
  readonly told: ToldEvent[]
  /** Every line that was logged, as text. */
  readonly lines: string[]
  /** The most sockets of one session that were open, or on their way, at once. */
  readonly mostSockets: () => number
  /** The statuses told of one session, with their reasons, in order. */
  statuses(sessionId?: string): string[]
  /** The events of one name. */
  events<Name extends EventName>(name: Name): SessionManagerEvents[Name][0][]
  /** The newest socket. */
  socket(): FakeSocket
}

/** What a scenario is made of; the rest are the options of the manager. */
export interface ScenarioOptions extends Partial<Omit<SessionManagerOptions, 'store' | 'repository' | 'baileys' | 'logger'>> {
  store?: WatchedSessionStore
  repository?: MemoryConnectionRepository
  script?: Script
  /** What the fake Baileys says that its sockets are made with, as the real one does. By default it says nothing. */
  defaults?: BaileysModule['DEFAULT_CONNECTION_CONFIG']
  /** What the manager is given in the place of the store: something around it. */
  around?: (store: WatchedSessionStore) => SessionStore
}

/** The server lets paired sessions in, and shows a QR code to the others. */
export const welcoming: Script = (socket) => {
  if (socket.authState.creds.account === undefined) socket.qr('the-qr')
  else socket.open()
}

/** The server does not answer. */
export const silent: Script = () => undefined

/** The server closes the connection at once. */
export const refusing =
  (code = 428): Script =>
  (socket) => {
    void socket.close(code)
  }

const EVENT_NAMES = [...SESSION_EVENTS, 'members'] as const

const open: SessionManager[] = []

/** Fake timers for each test of a file; after each, every manager is closed and no timer may be left. */
export function inFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date('2026-01-02T03:04:05Z') })
  })
  afterEach(async () => {
    for (const sessions of open.splice(0)) await within(sessions.close())
    await pass(60_000)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
}

/** Makes a manager over fakes. Delays have no jitter unless a policy is given. */
export function scenario(options: ScenarioOptions = {}): Scenario {
  const { store = new WatchedSessionStore(), repository = new MemoryConnectionRepository(), script = welcoming, around, defaults, ...rest } = options
  const told: ToldEvent[] = []
  const lines: string[] = []
  const baileys = new FakeBaileys({
    onSocket: (socket, index) => {
      made.script(socket, index)
    },
  })
  const watched = watchSockets(baileys)
  const sessions = new SessionManager({
    store: around?.(store) ?? store,
    repository,
    logger: capture(lines),
    baileys: defaults === undefined ? watched.module : { ...watched.module, DEFAULT_CONNECTION_CONFIG: defaults },
    retry: { jitter: 'none' },
    reconnect: { jitter: 'none' },
    ...rest,
  })
  open.push(sessions)
  for (const name of EVENT_NAMES) listen(sessions, name, told)
  const made: Scenario = {
    sessions,
    store,
    repository,
    baileys,
    script,
    told,
    lines,
    mostSockets: watched.most,
    statuses: (sessionId) =>
      made
        .events('status')
        .filter((event) => sessionId === undefined || event.sessionId === sessionId)
        .map(({ status, reason }) => (reason === null ? status : `${status} ${reason}`)),
    // What was told under a name is what that name carries.
    events: (name) => told.filter((entry) => entry.name === name).map(({ event }) => event),
    socket: () => {
      const socket = baileys.lastSocket
      if (socket === undefined) throw new Error('No socket was made.')
      return socket
    },
  }
  return made
}

function listen(sessions: SessionManager, name: EventName, told: ToldEvent[]): void {
  sessions.on(name, (event) => {
    told.push({ name, event } as ToldEvent)
  })
}

/** Counts the sockets that live at once, by the number of the account or the identity they run on. */
function watchSockets(baileys: FakeBaileys): { module: Pick<FakeBaileys, 'makeWASocket' | 'initAuthCreds' | 'proto'>; most: () => number } {
  let most = 0
  const identityOf = (socket: FakeSocket | undefined): string => Buffer.from(socket?.authState.creds.noiseKey.public ?? []).toString('base64')
  return {
    most: () => most,
    module: {
      initAuthCreds: baileys.initAuthCreds,
      proto: baileys.proto,
      makeWASocket: (config) => {
        const made = baileys.makeWASocket(config)
        const identity = identityOf(baileys.lastSocket)
        const alive = baileys.sockets.filter((socket) => !socket.isDestroyed && identityOf(socket) === identity)
        most = Math.max(most, alive.length)
        return made
      },
    },
  }
}

/** A logger at trace level that keeps what it is given, as text. */
export function capture(lines: string[]): Logger {
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line))
  const logger: Logger = { level: 'trace', child: () => logger, trace: write, debug: write, info: write, warn: write, error: write }
  return logger
}

/** Lets time pass, and everything that is due in it happen. */
export async function pass(delayMs = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(delayMs)
}

/** What a promise settles with, letting no more time pass than that takes. */
export async function within<Value>(work: Promise<Value>, limitMs = 120_000): Promise<Value> {
  let settled = false
  const isSettled = (): boolean => settled
  work.then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  const startedAt = Date.now()
  await pass(0)
  while (!isSettled()) {
    if (Date.now() - startedAt > limitMs) throw new Error(`It did not settle within ${limitMs} ms.`)
    if (vi.getTimerCount() === 0) await pass(0)
    if (!isSettled() && vi.getTimerCount() === 0) throw new Error('It waits for something that never happens.')
    await vi.advanceTimersToNextTimerAsync()
  }
  return work
}

/** Expects that a session is connected, without restoring it. */
export async function expectConnected(made: Scenario, sessionId = 's'): Promise<void> {
  expect(await within(made.sessions.getStatus(sessionId, { restore: false }))).toMatchObject({ status: 'connected' })
}

/** The error that a promise rejects with, as its code. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )
}
