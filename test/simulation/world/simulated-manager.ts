import { SessionManager, type Logger, type MemoryConnectionRepository, type SessionManagerEvents, type SocketConfig } from '../../../src/index.js'
import { FakeBaileys } from '../../../src/testing/fake-baileys.js'
import type { FakeSocket } from '../../../src/testing/fake-socket.js'
import { SESSION_EVENTS } from '../../support/event-names.js'
import type { WorldPlan } from '../history.js'
import type { SimulatedSocket, Told } from '../observer.js'
import type { SimulatedBackplane } from './simulated-backplane.js'
import type { SimulatedBackend } from './simulated-backend.js'
import { SimulatedRepository } from './simulated-repository.js'
import type { SimulatedServer } from './simulated-server.js'
import { SimulatedStore } from './simulated-store.js'

type EventName = keyof SessionManagerEvents

/** What a manager of the world is made of. */
export interface SimulatedManagerOptions {
  readonly name: string
  readonly plan: WorldPlan
  readonly backplane: SimulatedBackplane
  readonly backend: SimulatedBackend
  readonly rows: MemoryConnectionRepository
  readonly server: SimulatedServer
  /** All sockets of the world, oldest first. */
  readonly sockets: SimulatedSocket[]
}

/** One manager, as in a process of its own, over simulated backends and sockets. */
export class SimulatedManager {
  readonly name: string
  readonly sessions: SessionManager
  /** While everything heals, nobody is rude. */
  isPolite = false
  readonly #options: SimulatedManagerOptions
  readonly #baileys: FakeBaileys
  readonly #store: SimulatedStore
  /** The session that the next socket belongs to: `makeWASocket` is not told. */
  readonly #configured = new WeakMap<object, string>()

  constructor(options: SimulatedManagerOptions) {
    this.#options = options
    const { name, plan, backplane, backend, rows } = options
    this.name = name
    this.#baileys = new FakeBaileys({
      onSocket: (fake) => {
        this.#introduce(fake)
      },
    })
    const { initAuthCreds, proto } = this.#baileys
    this.#store = new SimulatedStore(name, backend, backplane)
    this.sessions = new SessionManager({
      store: this.#store,
      repository: new SimulatedRepository(name, rows, backplane),
      baileys: { initAuthCreds, proto, makeWASocket: (config) => this.#makeSocket(config) },
      socketConfig: (sessionId) => this.#configure(sessionId),
      logger: this.#logger(),
      dials: plan.dials,
      restore: { delayMs: 100, concurrency: 2 },
      connectTimeoutMs: plan.connectTimeoutMs,
      rateLimitCoolDownMs: plan.rateLimitCoolDownMs,
      retry: { jitter: plan.jitter },
      reconnect: { jitter: plan.jitter, stableAfterMs: plan.stableAfterMs, ...(plan.maxReconnects === null ? {} : { maxRetries: plan.maxReconnects }) },
    })
    for (const event of SESSION_EVENTS) this.#listen(event)
  }

  /** Closes the store, as an application does after its manager. */
  closeStore(): Promise<void> {
    return this.#store.close()
  }

  #listen(name: EventName): void {
    this.sessions.on(name, (event) => {
      // What is told under a name is what that name carries.
      this.#options.backplane.tell('told', { manager: this.name, name, event } as Told)
      if (name === 'socket' && 'socket' in event) this.#receive(event.socket)
      this.#beRude(`listener of ${name}`)
    })
  }

  /** An application that reads its messages. */
  #receive(socket: SessionManagerEvents['socket'][0]['socket']): void {
    const owned = this.#options.sockets.find(({ fake }) => fake.asWASocket() === socket)
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key } of messages) owned?.delivered.push(key.id ?? '')
    })
  }

  #makeSocket(config: Parameters<FakeBaileys['makeWASocket']>[0]): ReturnType<FakeBaileys['makeWASocket']> {
    const { backplane, backend, sockets } = this.#options
    const sessionId = this.#configured.get(config.options ?? {}) ?? ''
    this.#beRude('makeWASocket')
    const made = this.#baileys.makeWASocket(config)
    const fake = this.#baileys.lastSocket
    if (fake === undefined) throw new Error('FakeBaileys made no socket')
    const holder = backend.holder(sessionId)
    const socket: SimulatedSocket = {
      manager: this.name,
      sessionId,
      fake,
      number: sockets.length,
      dialledAtMs: backplane.time.elapsedMs,
      fencingToken: holder?.owner === this.name ? holder.token : null,
      leaseLostAtMs: null,
      isAnswered: false,
      arrived: [],
      delivered: [],
    }
    backplane.tell('dialled', socket)
    sockets.push(socket)
    return made
  }

  #introduce(fake: FakeSocket): void {
    const socket = this.#options.sockets.find((known) => known.fake === fake)
    if (socket !== undefined && !fake.isEnded) this.#options.server.meet(socket)
  }

  async #configure(sessionId: string): Promise<SocketConfig> {
    const { backplane } = this.#options
    backplane.tell('admitted', this.name, sessionId)
    const roll = this.#isRude ? backplane.dice.roll(`configure ${sessionId}`) : 1
    if (roll < 0.03) throw new Error('The simulated application cannot make a configuration.')
    if (roll < 0.05) return new Promise(() => undefined)
    if (roll < 0.15)
      await new Promise<void>((resolve) => {
        backplane.time.later(backplane.dice.between('configuring', 1, 5000), resolve)
      })
    // The one thing that comes through to `makeWASocket` as it is.
    const mark = {}
    this.#configured.set(mark, sessionId)
    return { options: mark }
  }

  get #isRude(): boolean {
    return this.#options.plan.isRude && !this.isPolite
  }

  #beRude(what: string): void {
    if (this.#isRude && this.#options.backplane.dice.roll(what) < 0.04) throw new Error(`The simulated application throws in ${what}.`)
  }

  #logger(): Logger {
    const write = (...line: unknown[]): void => {
      this.#options.backplane.tell('logged', this.name, line)
      this.#beRude('logger')
    }
    const logger: Logger = { level: 'trace', child: () => logger, trace: write, debug: write, info: write, warn: write, error: write }
    return logger
  }
}
