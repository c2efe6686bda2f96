import { afterEach } from 'vitest'
import { MemoryConnectionRepository } from '../../src/adapters/memory/memory-connection-repository.js'
import { DialLimiter } from '../../src/disconnect/dial-limiter.js'
import { silentLogger } from '../../src/logger.js'
import { SessionAnnouncer } from '../../src/manager/session-announcer.js'
import type { SessionManagerEvents } from '../../src/manager/session-manager-events.js'
import { resolveSessionManagerOptions } from '../../src/manager/session-manager-options.js'
import { RepositoryFollower } from '../../src/repository/repository-follower.js'
import { Session } from '../../src/session/session.js'
import { loadBaileys } from '../../src/socket/baileys-module.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { type Script, welcoming, within } from './scenario.js'
import type { WatchedSessionStore } from './watched-session-store.js'

/** A session without a manager: for what a manager asks of it, and no application. */
export interface LoneSession {
  readonly session: Session
  readonly baileys: FakeBaileys
  readonly repository: MemoryConnectionRepository
  /** What was announced of it, oldest first. */
  readonly statuses: SessionManagerEvents['status'][0][]
  /** The codes of the errors told. */
  readonly errors: string[]
  /** How often it was told that a socket was lost. */
  readonly losses: () => number
  script: Script
}

/** What a lone session is made of. */
export interface LoneSessionOptions {
  readonly store: WatchedSessionStore
  readonly isClustered?: boolean
  readonly onStatus?: (made: LoneSession) => void
}

const open: (() => Promise<unknown>)[] = []

/** To be called before `inFakeTime`, after whose `afterEach` this one then runs: closes what was made. */
export function closeLoneSessions(): void {
  afterEach(async () => {
    for (const close of open.splice(0)) await within(close())
  })
}

/** Makes the session `s`. */
export function loneSession({ store, isClustered = false, onStatus }: LoneSessionOptions): LoneSession {
  const baileys = new FakeBaileys({ onSocket: (socket, index) => made.script(socket, index) })
  const { session: settings, dials } = resolveSessionManagerOptions({ store, baileys, retry: { jitter: 'none' }, reconnect: { jitter: 'none' } })
  const repository = new MemoryConnectionRepository()
  const announcer = new SessionAnnouncer(silentLogger())
  const follower = new RepositoryFollower({ repository, timeoutMs: settings.storeTimeoutMs, onError: (error) => announcer.error(error) })
  announcer.follow(follower)
  const session = new Session('s', {
    store,
    settings,
    limiter: new DialLimiter(dials),
    announce: announcer,
    loadBaileys: () => loadBaileys(baileys),
    configureSocket: async () => ({ logger: silentLogger() }),
    findRecord: async (sessionId) => (await repository.find(sessionId)) ?? null,
    isClustered,
    onRest: () => undefined,
    onEnded: () => undefined,
    refreshVersion: async () => undefined,
  })
  let losses = 0
  const made: LoneSession = { session, baileys, repository, statuses: [], errors: [], losses: () => losses, script: welcoming }
  announcer.events.on('status', (event) => {
    made.statuses.push(event)
    onStatus?.(made)
  })
  announcer.events.on('error', ({ error }) => void made.errors.push(error.code))
  announcer.events.on('disconnected', () => {
    losses += 1
  })
  open.push(async () => {
    await session.close()
    session.abandon()
    await follower.close()
  })
  return made
}
