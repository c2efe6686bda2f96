import { isSessionError, SessionManager, type RestoreResult, type SessionManagerOptions, type SessionSnapshot, type SessionStore } from '../../../src/index.js'
import { FakeBaileys } from '../../../src/testing/index.js'

/** Short enough for a test to wait for. */
const QUICK = { initialDelayMs: 50, maxDelayMs: 200, jitter: 'none' } as const
const QUICK_OPTIONS: Partial<SessionManagerOptions> = {
  retry: { ...QUICK, maxRetries: 2 },
  reconnect: QUICK,
  standbyPollMs: 100,
  dials: { concurrency: 50, perSecond: 1000 },
}

/** From when to when a socket lived, by the clock of this machine. */
export interface SocketLife {
  readonly from: number
  /** `null` while it lives. */
  to: number | null
}

/** A manager over a real store. WhatsApp lets every paired session in. */
export class FaultRig {
  readonly manager: SessionManager
  readonly baileys: FakeBaileys
  /** The sessions whose creds came from a backup, one for each time it was told. */
  readonly restoredCreds: string[] = []
  /** Every status with its reason, by session. */
  readonly #courses = new Map<string, string[]>()
  readonly #errors: string[] = []
  readonly #lives: SocketLife[] = []
  readonly #store: SessionStore
  /** Values that were stored, by the word of Baileys' own key store: what was acknowledged must be there. */
  readonly #acknowledged = new Map<string, Record<string, string>>()

  constructor(store: SessionStore, options: Partial<SessionManagerOptions> = {}) {
    this.#store = store
    this.baileys = new FakeBaileys({
      onSocket: (socket) => {
        const life: SocketLife = { from: Date.now(), to: null }
        this.#lives.push(life)
        socket.ev.on('connection.update', ({ connection }) => {
          if (connection === 'close') life.to = Date.now()
        })
        if (socket.authState.creds.account === undefined) socket.qr('the-qr')
        else socket.open()
      },
    })
    this.manager = new SessionManager({ ...QUICK_OPTIONS, ...options, store, baileys: this.baileys })
    this.manager.on('status', ({ sessionId, status, reason }) => {
      const course = this.#courses.get(sessionId) ?? []
      this.#courses.set(sessionId, course)
      course.push(reason === null ? status : `${status} ${reason}`)
    })
    this.manager.on('error', ({ error }) => {
      const cause: unknown = error
      this.#errors.push(isSessionError(cause) ? `${cause.code}: ${cause.message}` : String(cause))
    })
    this.manager.on('creds-restored', ({ sessionId }) => {
      this.restoredCreds.push(sessionId)
    })
  }

  /** Restores a session: the outcome, with the reason when there is one. */
  async restore(sessionId: string): Promise<string> {
    const { outcome, reason }: Pick<RestoreResult, 'outcome' | 'reason'> = await this.manager.restoreSession(sessionId)
    return reason === null ? outcome : `${outcome} ${reason}`
  }

  /** Asks for a session as a person does: its status, with the reason when there is one. */
  async connect(sessionId: string): Promise<string> {
    await this.manager.connect(sessionId)
    return this.status(sessionId)
  }

  /** Restores all sessions, in no time: how many came of each. */
  async restoreAll(): Promise<{ restored: number; skipped: number; failed: number }> {
    const { restored, skipped, failed } = await this.manager.restoreAll({ delayMs: 0, concurrency: 20 })
    return { restored: restored.length, skipped: skipped.length, failed: failed.length }
  }

  /** The status of a session with its reason, without starting anything. */
  async status(sessionId: string): Promise<string> {
    const { status, reason }: Pick<SessionSnapshot, 'status' | 'reason'> = await this.manager.getStatus(sessionId, { restore: false })
    return reason === null ? status : `${status} ${reason}`
  }

  /** The statuses of a session so far. */
  course(sessionId: string): string[] {
    return this.#courses.get(sessionId) ?? []
  }

  /** Code and message of every error that was told. */
  errors(): string[] {
    return this.#errors
  }

  /** When each of the sockets lived, oldest first. */
  lives(): readonly SocketLife[] {
    return this.#lives
  }

  /** How many sockets were made. */
  dials(): number {
    return this.baileys.sockets.length
  }

  /** Has the socket of a session write keys: `stored`, or the code of the error. */
  async write(sessionId: string, name: string, bytes = 32, records = 2): Promise<string> {
    const socket = this.manager.getSocket(sessionId)
    if (socket === undefined) return 'no socket'
    const value = Buffer.alloc(bytes, name)
    const ids = Array.from({ length: records }, (_, index) => `${name}${index}`)
    try {
      await socket.authState.keys.set({ session: Object.fromEntries(ids.map((id) => [id, value])) })
    } catch (error) {
      return isSessionError(error) ? error.code : String(error)
    }
    const stored = this.#acknowledged.get(sessionId) ?? {}
    this.#acknowledged.set(sessionId, { ...stored, ...Object.fromEntries(ids.map((id) => [id, value.toString('base64')])) })
    return 'stored'
  }

  /** Reads one key as the socket of a session does: its text, `absent`, or the code of the error. */
  async read(sessionId: string, id: string): Promise<string> {
    try {
      const found = await this.manager.getSocket(sessionId)?.authState.keys.get('session', [id])
      return found?.[id] === undefined ? 'absent' : Buffer.from(found[id]).toString()
    } catch (error) {
      return isSessionError(error) ? error.code : String(error)
    }
  }

  /** The acknowledged keys of a session that cannot be read, or are something else. */
  async missing(sessionId: string): Promise<string[]> {
    const acknowledged = Object.entries(this.#acknowledged.get(sessionId) ?? {})
    const records = await this.#store.read(
      sessionId,
      acknowledged.map(([id]) => ({ type: 'session', id })),
    )
    return acknowledged.filter(([id, value]) => !records.some((record) => record.id === id && record.value.includes(value))).map(([id]) => id)
  }

  /** Ends the manager and the store. */
  async close(): Promise<void> {
    await this.manager.close()
    await this.#store.close()
  }
}
