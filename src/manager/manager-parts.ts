import { withDeadline } from '../async/deadline.js'
import { DialLimiter } from '../disconnect/dial-limiter.js'
import { SessionError } from '../errors.js'
import { guardedLogger } from '../logger.js'
import type { ConnectionRepository } from '../repository/connection-repository.js'
import { RepositoryFollower } from '../repository/repository-follower.js'
import type { SessionContext } from '../session/session-context.js'
import type { Session } from '../session/session.js'
import { type BaileysModule, loadBaileys } from '../socket/baileys-module.js'
import { shareStorages, StorageSharing } from '../socket/workarounds/share-async-storage.js'
import { latestWaWebVersion } from '../version/latest-wa-web-version.js'
import { lookupOf, VersionSource } from '../version/version-source.js'
import { KnownSessions } from './known-sessions.js'
import { OwnerLookup } from './owner-lookup.js'
import { SessionAnnouncer } from './session-announcer.js'
import type { ResolvedSessionManagerOptions } from './session-manager-options.js'
import { SessionRegistry } from './session-registry.js'
import { SessionRestorer } from './session-restorer.js'
import { SessionStatuses } from './session-statuses.js'
import { SessionCluster } from './session-cluster.js'
import { SocketConfigurator } from './socket-configurator.js'
import { StatusLookup } from './status-lookup.js'

/** What a manager is made of. */
export interface ManagerParts {
  readonly announcer: SessionAnnouncer
  readonly follower: RepositoryFollower | null
  readonly versions: VersionSource
  readonly registry: SessionRegistry
  readonly owners: OwnerLookup
  readonly lookup: StatusLookup
  readonly restorer: SessionRestorer
  readonly statuses: SessionStatuses
  readonly knownSessions: KnownSessions
  /** `null` without the option `cluster`. */
  readonly cluster: SessionCluster | null
}

/** Puts a manager together. */
export function assembleManager(options: ResolvedSessionManagerOptions): ManagerParts {
  const { store, repository, session } = options
  const { storeTimeoutMs: timeoutMs, messages } = session
  const announcer = new SessionAnnouncer(options.logger)
  const onError = (error: SessionError): void => announcer.error(error)
  const follower = followWith(repository, { announcer, timeoutMs, onError })
  const versions = makeVersionSource(options.version, onError)
  const limiter = new DialLimiter(options.dials)
  const registry: SessionRegistry = new SessionRegistry({
    ...makeContext(options, { announcer, versions, limiter }),
    findRecord: (sessionId) => lookup.findRecord(sessionId),
    onRest: (sessionId) => lookup.outdate(sessionId),
    onEnded: (sessionId) => {
      lookup.outdate(sessionId)
      restorer.callOff(sessionId)
    },
  })
  const owners = new OwnerLookup({ lock: store.lock, timeoutMs })
  const lookup: StatusLookup = new StatusLookup({
    ...{ store, owners, repository, timeoutMs, messages, onError },
    known: (sessionId) => registry.find(sessionId),
    learn: async () => cluster?.learn(),
    unplaced: (sessionId) => cluster?.unplaced(sessionId) ?? null,
  })
  const restorer: SessionRestorer = new SessionRestorer({
    registry,
    lookup,
    hasRoomFor: (sessionId) => cluster?.hasRoomFor(sessionId) ?? true,
    onRestored: (result) => announcer.restored(result),
  })
  const isPlacedHere = (sessionId: string): boolean => cluster?.isPlacedHere(sessionId) ?? true
  const statuses = new SessionStatuses({ registry, owners, lookup, restorer, isPlacedHere, onError })
  const knownSessions = new KnownSessions({ store, repository, follower, registry, lookup, restorer, timeoutMs, onError })
  const parts = { announcer, follower, versions, registry, owners, lookup, restorer, statuses, knownSessions }
  const cluster: SessionCluster | null = assembleCluster(options, { ...parts, limiter })
  return { ...parts, cluster }
}

function followWith(
  repository: ConnectionRepository | undefined,
  { announcer, timeoutMs, onError }: { announcer: SessionAnnouncer; timeoutMs: number; onError: (error: SessionError) => void },
): RepositoryFollower | null {
  if (repository === undefined) return null
  const follower = new RepositoryFollower({ repository, timeoutMs, onError })
  announcer.follow(follower)
  return follower
}

function assembleCluster(
  { cluster, store: { lock }, dials, session }: ResolvedSessionManagerOptions,
  { announcer, registry, owners, lookup, restorer, knownSessions, limiter }: Omit<ManagerParts, 'cluster'> & Pick<SessionContext, 'limiter'>,
): SessionCluster | null {
  if (cluster === null || lock.cluster === undefined) return null
  const { stableAfterMs, storeTimeoutMs: timeoutMs, messages } = session
  const joined = new SessionCluster({
    options: cluster,
    lock: lock.cluster,
    ...{ limiter, dialsPerSecond: dials.perSecond, stableAfterMs, timeoutMs, messages },
    ...{ announcer, registry, owners, lookup, restorer },
    list: () => knownSessions.storedIds(),
  })
  announcer.tellCluster((snapshot) => joined.note(snapshot))
  return joined
}

function makeContext(
  options: ResolvedSessionManagerOptions,
  { announcer, versions, limiter }: Pick<ManagerParts, 'announcer' | 'versions'> & Pick<SessionContext, 'limiter'>,
): Omit<SessionContext, 'findRecord' | 'onRest' | 'onEnded'> {
  const { store, session: settings, baileys, socketConfig } = options
  const configurator = new SocketConfigurator({ socketConfig, versions, hasOwnProvider: options.version !== undefined })
  const share = sharingOf(options)
  let loading: Promise<BaileysModule> | null = null
  return {
    store,
    settings,
    limiter,
    announce: announcer,
    loadBaileys: () => {
      loading ??= loadBaileys(baileys)
        .then(share)
        .catch((cause: unknown) => {
          // It may be installed by the next time.
          loading = null
          throw cause
        })
      return loading
    },
    isClustered: options.cluster !== null,
    configureSocket: (sessionId, dial) => configurator.configure(sessionId, dial),
    refreshVersion: (refused) => configurator.replaceVersion(refused),
  }
}

function makeVersionSource(provider: ResolvedSessionManagerOptions['version'], onError: (error: SessionError) => void): VersionSource {
  return new VersionSource({
    lookup: provider === 'baileys' ? null : lookupOf(provider ?? latestWaWebVersion()),
    onFailure: (cause) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      onError(
        new SessionError(
          'SOCKET_FAILED',
          `The version of WhatsApp Web could not be looked up, so the last good one is used, or else the one built into Baileys. ${reason}`,
          { cause },
        ),
      )
    },
    onBypass: () =>
      onError(
        new SessionError(
          'SOCKET_FAILED',
          'The version of WhatsApp Web was not looked up, because a session has an agent and the look-up would bypass it. WhatsApp may refuse the version ' +
            "built into Baileys. Send the look-up the same way with `version: latestWaWebVersion({ fetch, dispatcher })`, using `fetch` and a `ProxyAgent` of undici, or turn it off with `version: 'baileys'`.",
        ),
      ),
  })
}

/** What makes sockets share one `AsyncLocalStorage`, unless that is not wanted. */
function sharingOf({ shareAsyncLocalStorage, logger }: ResolvedSessionManagerOptions): (baileys: BaileysModule) => BaileysModule {
  if (!shareAsyncLocalStorage) return (baileys) => baileys
  const sharing = new StorageSharing({
    onRefused: () => {
      if (logger !== undefined) guardedLogger(logger).debug({}, 'AsyncLocalStorage cannot be replaced in this process, so every socket keeps its own')
    },
  })
  return (baileys) => shareStorages(baileys, sharing)
}

/** The result of closing a manager. */
export interface CloseReport {
  /** The sessions that finished everything. */
  closed: string[]
  /** The sessions that still had writes to finish when the time was up. */
  notDrained: string[]
}

/** Which part of the time of a close goes to handing sessions over. */
const DRAIN_SHARE = 0.7

/** Ends all sessions, then the repository's follower, within one deadline. Never rejects. */
export async function closeManager({ announcer, follower, registry, versions, cluster }: ManagerParts, timeoutMs: number): Promise<CloseReport> {
  const deadline = Date.now() + timeoutMs
  const drained = await cluster?.drain(timeoutMs * DRAIN_SHARE)
  registry.seal()
  versions.close()
  const report: CloseReport = { closed: [...(drained?.given ?? [])], notDrained: [...(drained?.undrained ?? [])] }
  const told = new Set([...report.closed, ...report.notDrained])
  await Promise.all(
    registry.all().map(async (session) => {
      const isDone = await endInTime(session, Math.max(0, deadline - Date.now()))
      if (!told.has(session.id)) (isDone ? report.closed : report.notDrained).push(session.id)
    }),
  )
  if (cluster !== null) await inTime(cluster.close(), Math.max(0, deadline - Date.now()))
  if (follower !== null) {
    await inTime(follower.close(), Math.max(0, deadline - Date.now()))
    follower.abandon()
  }
  announcer.events.clear()
  return report
}

/** Hands over what others can go on with. Never rejects. */
export async function drainManager({ registry, cluster }: ManagerParts, timeoutMs: number): Promise<CloseReport> {
  const { given, undrained } = (await cluster?.drain(timeoutMs)) ?? { given: [], undrained: [] }
  const running = registry.all().flatMap(({ id, isRunning }) => (isRunning ? [id] : []))
  return { closed: [...given], notDrained: [...undrained, ...running] }
}

async function endInTime(session: Session, timeoutMs: number): Promise<boolean> {
  const isDone = (await inTime(session.close(), timeoutMs)) ?? false
  session.abandon()
  return isDone
}

async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result | undefined> {
  return withDeadline(work, timeoutMs, () => new Error('late')).catch(() => undefined)
}
