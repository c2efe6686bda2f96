import type { SessionError } from '../../../src/errors.js'
import type { SessionLease, SessionLock } from '../../../src/lease/session-lock.js'
import { LeaseHolder } from '../../../src/session/lease-holder.js'

/** The deadline of a call to the lock. */
export const TIMEOUT_MS = 1000

/** A lock that hands out whatever it is told to, and keeps count. */
export class ScriptedLock implements SessionLock {
  readonly leases: { lease: SessionLease; lose: (reason?: Error) => void; released: number }[] = []
  acquisitions = 0
  acquireWith: (() => Promise<SessionLease | null>) | null = null
  releaseWith: (() => Promise<void>) | null = null
  ownerWith: () => Promise<string | null> = () => Promise.resolve(null)

  acquire(): Promise<SessionLease | null> {
    this.acquisitions += 1
    return this.acquireWith === null ? Promise.resolve(this.grant()) : this.acquireWith()
  }

  owner(): Promise<string | null> {
    return this.ownerWith()
  }

  grant(): SessionLease {
    const controller = new AbortController()
    const entry = {
      released: 0,
      lose: (reason?: Error) => {
        controller.abort(reason)
      },
      lease: {} as SessionLease,
    }
    entry.lease = {
      owner: 'me',
      fencingToken: this.leases.length + 1,
      lost: controller.signal,
      release: async () => {
        await this.releaseWith?.()
        entry.released += 1
      },
    }
    this.leases.push(entry)
    return entry.lease
  }
}

/** A holder of leases, with what it tells. */
export function keep(): { lock: ScriptedLock; holder: LeaseHolder; lost: () => number; expired: SessionError[]; taken: () => number; errors: SessionError[] } {
  const lock = new ScriptedLock()
  const errors: SessionError[] = []
  const expired: SessionError[] = []
  let [lost, taken] = [0, 0]
  const holder = new LeaseHolder({
    sessionId: 's',
    lock,
    timeoutMs: TIMEOUT_MS,
    onLost: (reason) => {
      if (reason === null) lost += 1
      else expired.push(reason)
    },
    onTaken: () => {
      taken += 1
    },
    onError: (error) => {
      errors.push(error)
    },
  })
  return { lock, holder, lost: () => lost, expired, taken: () => taken, errors }
}
