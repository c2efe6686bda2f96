import { CREDS_KEY } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/fake-baileys.js'
import type { LinkedDevice } from '../../src/testing/whatsapp-server/index.js'
import { openWorld, type World } from '../support/e2e.js'
import { type RunningEngine, startEngine } from './engines.js'
import { Member } from './member.js'
import type { MemberEvent, MemberOptions } from './member-protocol.js'
import { openStore } from './open-store.js'
import type { Engine } from './proofs.js'
import { openSockets, type OpenSocket } from './sockets.js'

/** How much longer than promised anything may take where other tests run beside on two processors. How long it takes on a quiet machine is for a benchmark to say. */
export const PATIENCE = 3

/** How soon after something happened it is looked what holds now. */
const LOOK_AFTER_MS = 20

/** What all members of a fleet have in common. */
export interface FleetOptions {
  readonly engine: Engine
  readonly sessions: number
  /** How long leases last on a server; by default, a time that nobody waits for. */
  readonly leaseMs?: number
  /** Whether phones are linked at a WhatsApp server of this machine; else sockets are fakes that open by themselves. */
  readonly isReal?: boolean
  readonly manager?: NonNullable<MemberOptions['manager']>
}

/** Processes that share sessions on an engine. */
export class Fleet implements AsyncDisposable {
  readonly engine: RunningEngine
  readonly sessionIds: readonly string[]
  /** The WhatsApp server that phones are linked at. */
  readonly world: World | null
  /** The linked devices, by session. */
  readonly devices: ReadonlyMap<string, LinkedDevice>
  /** All that were ever started. */
  readonly members: Member[] = []
  readonly #script: string
  readonly #options: FleetOptions
  readonly #waiting = new Set<() => void>()
  #looking: NodeJS.Timeout | null = null

  private constructor(script: string, options: FleetOptions, engine: RunningEngine, world: World | null, devices: ReadonlyMap<string, LinkedDevice>) {
    this.#script = script
    this.#options = options
    this.engine = engine
    this.world = world
    this.devices = devices
    this.sessionIds = sessionIdsOf(options)
  }

  /** Starts an engine with sessions on it, and no process. */
  static async open(script: string, options: FleetOptions): Promise<Fleet> {
    const [engine, world] = await Promise.all([startEngine(options.engine, options.leaseMs), options.isReal === true ? openWorld() : null])
    const { store, close } = await openStore(engine.address)
    const devices = new Map<string, LinkedDevice>()
    const link = async (sessionId: string, index: number): Promise<void> => {
      if (world === null) await store.write(sessionId, [{ ...CREDS_KEY, value: pairedCreds({ phone: `49151${String(index).padStart(6, '0')}` }) }])
      else devices.set(sessionId, await world.link(sessionId, store))
    }
    await Promise.all(sessionIdsOf(options).map(link))
    await close()
    return new Fleet(script, options, engine, world, devices)
  }

  /** Starts a process, which takes no sessions yet. */
  async add(cluster: MemberOptions['cluster'] = {}, differences: Partial<Pick<MemberOptions, 'store' | 'manager'>> = {}): Promise<Member> {
    const server = this.world === null ? null : { url: this.world.server.url, rootPublicKey: Buffer.from(this.world.server.rootPublicKey).toString('hex') }
    const { manager = {} } = this.#options
    const options = { store: this.engine.address, server, cluster, ...differences, manager: { ...manager, ...differences.manager } }
    const member = await Member.start(this.#script, options, () => this.#lookSoon())
    this.members.push(member)
    return member
  }

  /** Starts some that begin to take sessions at the same time. */
  async addAll(count: number, cluster: MemberOptions['cluster'] = {}): Promise<Member[]> {
    const members = await Promise.all(Array.from({ length: count }, () => this.add(cluster)))
    await Promise.all(members.map((member) => member.call('members')))
    await Promise.all(members.map((member) => member.call('restoreAll')))
    return members
  }

  /** Every socket that was ever open. */
  get sockets(): OpenSocket[] {
    return openSockets(this.members)
  }

  /** How many sessions have a socket now. */
  get connected(): number {
    return new Set(this.members.flatMap(({ open }) => [...open])).size
  }

  /** What happened in all processes. */
  events<Kind extends MemberEvent['kind']>(kind: Kind): Extract<MemberEvent, { kind: Kind }>[] {
    return this.members.flatMap(({ events }) => events).filter((event): event is Extract<MemberEvent, { kind: Kind }> => event.kind === kind)
  }

  /** Resolves when something holds, looked at whenever something happened; rejects when it does not in time, with patience for a busy machine. */
  async until(holds: () => boolean, promisedMs: number, what: string): Promise<void> {
    const withinMs = promisedMs * PATIENCE
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle()
      }
      const look = (): void => {
        if (holds()) end(resolve)
      }
      const timer = setTimeout(() => end(() => reject(new Error(`Not within ${withinMs} ms: ${what}. ${this.#describe()}`))), withinMs)
      this.#waiting.add(look)
      look()
    })
  }

  /** Resolves when every session has a socket. */
  async untilAllConnected(withinMs: number): Promise<void> {
    await this.until(() => this.connected === this.sessionIds.length, withinMs, 'all sessions are connected')
  }

  /** Ends everything. Fails when a session asked for a new link. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
    clearTimeout(this.#looking ?? undefined)
    await this.engine[Symbol.asyncDispose]()
    await this.world?.cleanup()
    const asked = new Set(this.events('qr').map(({ sessionId }) => sessionId))
    if (asked.size > 0) throw new Error(`Sessions asked for a new link: ${[...asked].join(', ')}.`)
  }

  /** Once for all that comes in at the same time: each look counts every socket. */
  #lookSoon(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = null
      for (const look of this.#waiting) look()
    }, LOOK_AFTER_MS)
  }

  #describe(): string {
    const counts = this.members.map((member) => `${member.open.size}${member.endedAt === Infinity ? '' : ' (ended)'}`)
    const problems = [...new Set(this.events('error').map(({ code, message }) => `${code}: ${message}`))]
    return `Sockets: ${counts.join(', ')}. Problems: ${problems.slice(0, 5).join(' | ')}`
  }
}

function sessionIdsOf({ sessions }: FleetOptions): string[] {
  return Array.from({ length: sessions }, (_, index) => `s${index}`)
}
