import assert from 'node:assert/strict'
import type { SessionLease, SessionLock } from '../../../ownership/session-lock.js'
import { Cleanup } from '../cleanup.js'
import type { SessionLockContractHooks } from './session-lock-hooks.js'

/** What one case works with: the leases that it took are released when it ends, and the locks disposed of. */
export class LockBench<Lock extends SessionLock = SessionLock> {
  readonly cleanup: Cleanup = new Cleanup()
  readonly #create: () => Lock | Promise<Lock>
  readonly #hooks: SessionLockContractHooks<Lock>

  constructor(create: () => Lock | Promise<Lock>, hooks: SessionLockContractHooks<Lock>) {
    this.#create = create
    this.#hooks = hooks
  }

  /** A new lock of which nobody holds anything. */
  async open(): Promise<Lock> {
    return this.#disposeLater(await this.#create())
  }

  /** A second lock on the same backend. */
  async openAnother(lock: Lock): Promise<Lock> {
    const other = await this.#hooks.openAnother?.(lock)
    if (other === undefined) throw new TypeError('The hook openAnother of the contract returned nothing.')
    return this.#disposeLater(other)
  }

  /** Takes a lock that is free. */
  async take(lock: SessionLock, sessionId: string): Promise<SessionLease> {
    const lease = await this.tryToTake(lock, sessionId)
    assert.ok(lease !== null, `acquire(${JSON.stringify(sessionId)}) resolved with null, and nobody holds the lock`)
    return lease
  }

  /** Takes a lock, or gets `null`. */
  async tryToTake(lock: SessionLock, sessionId: string): Promise<SessionLease | null> {
    const lease = await lock.acquire(sessionId)
    if (lease !== null) this.#releaseLater(lease)
    return lease
  }

  /** Cuts the lock off from its backend, until the function returned is called or the case ends. */
  async disconnect(lock: Lock): Promise<() => Promise<void>> {
    const connect = await this.#hooks.disconnect?.(lock)
    if (connect === undefined) throw new TypeError('The hook disconnect of the contract returned nothing.')
    let isConnected = false
    const reconnect = async (): Promise<void> => {
      if (isConnected) return
      isConnected = true
      await connect()
    }
    this.cleanup.add(reconnect)
    return reconnect
  }

  /** Lets somebody else take a lock over. */
  async takeOver(lock: Lock, sessionId: string): Promise<SessionLease> {
    const lease = await this.#hooks.takeOver?.(lock, sessionId)
    if (lease === undefined) throw new TypeError('The hook takeOver of the contract returned nothing.')
    this.#releaseLater(lease)
    return lease
  }

  #disposeLater(lock: Lock): Lock {
    this.cleanup.add(() => this.#hooks.dispose?.(lock))
    return lock
  }

  #releaseLater(lease: SessionLease): void {
    // Where this matters, a case says so.
    this.cleanup.add(() => lease.release().catch(() => undefined))
  }
}
