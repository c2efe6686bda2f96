import '../setup/silence-libsignal.js'
import * as baileys from '@whiskeysockets/baileys'
import { isSessionError, type SessionLock, SessionManager, type SessionManagerOptions, type SessionStore } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/fake-baileys.js'
import { fromOthers, textOf } from '../support/children/message-text.js'
import { collectGarbage } from '../support/garbage.js'
import type { Claims, MemberCall, MemberEvent, MemberMessage, MemberOptions, Usage } from './member-protocol.js'
import { openStore } from './open-store.js'

/** About as long as WhatsApp takes to let a phone in. */
const OPENS_AFTER_MS = 200

// Member starts this script, and its types allow nothing else.
const options = JSON.parse(process.argv[2] ?? '') as MemberOptions

function send(message: MemberMessage): void {
  if (process.connected) process.send?.(message)
}

// One kind of event each, so that none is told without its time.
type Untimed<Event> = Event extends MemberEvent ? Omit<Event, 'at'> : never

function tell(event: Untimed<MemberEvent>): void {
  send({ at: Date.now(), ...event })
}

/** The lock of a store that counts what it is asked for, and knows the newest token of each session. */
class WatchedLock {
  readonly lock: SessionLock
  readonly tokens = new Map<string, number>()
  #asked = 0
  #refused = 0

  constructor(inner: SessionLock) {
    const acquire: SessionLock['acquire'] = async (sessionId) => {
      this.#asked += 1
      const lease = await inner.acquire(sessionId)
      if (lease === null) this.#refused += 1
      else this.tokens.set(sessionId, lease.fencingToken)
      return lease
    }
    this.lock = withMember(inner, 'acquire', acquire)
  }

  get claims(): Claims {
    return { asked: this.#asked, refused: this.#refused }
  }
}

/** The same object with another member. */
function withMember<Whole extends object, Name extends keyof Whole>(whole: Whole, name: Name, member: Whole[Name]): Whole {
  return new Proxy(whole, {
    get: (target, wanted) => {
      const found: unknown = wanted === name ? member : Reflect.get(target, wanted, target)
      return typeof found === 'function' ? (found.bind(target) as unknown) : found
    },
  })
}

function sockets(): Pick<SessionManagerOptions, 'baileys' | 'socketConfig'> {
  const { server } = options
  if (server === null) return { baileys: new FakeBaileys({ onSocket: (socket) => void setTimeout(() => socket.welcome(), OPENS_AFTER_MS) }) }
  baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(server.rootPublicKey, 'hex')
  return { baileys, socketConfig: (sessionId) => ({ waWebSocketUrl: `${server.url}?client=${encodeURIComponent(sessionId)}` }) }
}

const { store, requests, close: closeStore } = await openStore(options.store)
const watched = new WatchedLock(store.lock)
const watchedStore: SessionStore = withMember(store, 'lock', watched.lock)
const manager = new SessionManager({ ...options.manager, ...sockets(), cluster: options.cluster, store: watchedStore })

manager.on('status', ({ sessionId, status, reason, isLocal }) => tell({ kind: 'status', sessionId, status, reason, isLocal }))
manager.on('qr', ({ sessionId }) => tell({ kind: 'qr', sessionId }))
manager.on('error', ({ sessionId, error: { code, message } }) => tell({ kind: 'error', sessionId, code, message }))
manager.on('socket', ({ sessionId, socket }) => {
  let isOpen = false
  socket.ev.on('connection.update', ({ connection }) => {
    if (connection === 'open') tell({ kind: 'open', sessionId })
    else if (connection === 'close' && isOpen) tell({ kind: 'closed', sessionId })
    isOpen ||= connection === 'open'
  })
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const message of fromOthers(messages, socket)) tell({ kind: 'text', sessionId, text: textOf(message) })
  })
})

/** Writes under the newest lease that this process had, as if it still had it. Resolves with what that came to. */
async function writeLate(sessionId: string): Promise<string> {
  const fencingToken = watched.tokens.get(sessionId)
  if (fencingToken === undefined) return 'never held'
  try {
    await store.write(sessionId, [{ type: 'sender-key', id: 'late', value: '"late"' }], { fencingToken })
    return 'written'
  } catch (error) {
    return isSessionError(error) ? error.code : String(error)
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, requests: requests() }
}

async function heapBytes(): Promise<number> {
  await collectGarbage()
  return process.memoryUsage().heapUsed
}

async function perform({ method, args }: MemberCall): Promise<unknown> {
  if (method === 'claims') return watched.claims
  if (method === 'usage') return usage()
  if (method === 'heapBytes') return heapBytes()
  if (method === 'writeLate') return writeLate(String(args[0]))
  if (method === 'close') {
    const report = await manager.close()
    await closeStore()
    return report
  }
  const member: unknown = Reflect.get(manager, method)
  if (typeof member !== 'function') throw new TypeError(`SessionManager has no method ${method}`)
  return (await Reflect.apply(member, manager, args)) as unknown
}

process.on('message', (call: MemberCall) => {
  perform(call).then(
    (result) => send({ id: call.id, result }),
    (error: unknown) => send({ id: call.id, error: error instanceof Error ? error.message : String(error) }),
  )
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
send({ kind: 'ready' })
