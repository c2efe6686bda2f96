import { withDeadline } from '../../../src/async/deadline.js'
import type { Holder } from '../../../src/lease/holder.js'
import { LeaseLock } from '../../../src/lease/lease-lock.js'
import type { LeaseKey, LivingHolder, LockEntry, LockTable, ReleaseOptions } from '../../../src/lease/lock-table.js'
import type { LeasedEngine } from '../../support/leased-engine.js'
import type { SimulatedBackend } from './simulated-backend.js'
import type { SimulatedBackplane } from './simulated-backplane.js'

/** How long the engine keeps a lease that is not renewed. */
export const LEASE_MS = 30_000
/** What a process gives up before that: a socket takes its time to close, and the engine's clock may go faster. */
const MARGIN_MS = 5000
/** How long a call may take. One that is stuck on its way for longer is refused when it arrives. */
const CALL_MS = 4000

/** One manager's way to the locks of an engine that ends leases by itself: every call may be slow, fail, come late, or never be answered. */
export class SimulatedTable implements LockTable {
  readonly #engine: LeasedEngine
  readonly #backend: SimulatedBackend
  readonly #backplane: SimulatedBackplane

  constructor(engine: LeasedEngine, backend: SimulatedBackend, backplane: SimulatedBackplane) {
    this.#engine = engine
    this.#backend = backend
    this.#backplane = backplane
  }

  look(sessionId: string): Promise<LockEntry> {
    return this.#ask('look', sessionId, () => this.#engine.look(sessionId))
  }

  claim(sessionId: string, seen: LockEntry, holder: Holder): Promise<number | null> {
    return this.#ask('claim', sessionId, () => this.#engine.claim(sessionId, seen, holder))
  }

  release(lease: LeaseKey, options: ReleaseOptions): Promise<void> {
    return this.#ask('release', lease.sessionId, () => this.#engine.release(lease, options))
  }

  beat(holder: Holder): Promise<boolean> {
    return this.#ask('beat', null, () => this.#engine.beat(holder))
  }

  now(): Promise<number> {
    // Asked once, and then told by how far it is ahead: no trip.
    return Promise.resolve(this.#engine.now)
  }

  living(): Promise<readonly LivingHolder[]> {
    return this.#ask('living', null, () => this.#engine.living())
  }

  #ask<Answer>(verb: string, sessionId: string | null, step: () => Answer): Promise<Answer> {
    const { time } = this.#backplane
    const issuedAtMs = time.elapsedMs
    const unavailable = (): Error => this.#backend.unavailable(sessionId)
    const work = (): Answer => {
      if (time.elapsedMs - issuedAtMs > CALL_MS) throw unavailable()
      return step()
    }
    return withDeadline(this.#backplane.carryOut({ of: 'lock', sessionId, verb, work, unavailable }), CALL_MS, unavailable)
  }
}

/** The lock of a manager in a process that no other can see. */
export function simulatedLeaseLock(manager: string, table: SimulatedTable): LeaseLock {
  return new LeaseLock({
    table,
    staleAfterMs: LEASE_MS,
    lapsesAfterMs: LEASE_MS - MARGIN_MS,
    describe: async (_owner, nonce) => ({ owner: manager, nonce, pid: 1, hostname: nonce, platform: 'linux' }),
  })
}
