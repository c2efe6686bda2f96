import type { Session } from '../session/session.js'
import type { SessionSnapshot } from '../status/session-status.js'
import type { SessionRegistry } from './session-registry.js'
import type { SessionRestorer } from './session-restorer.js'
import type { Found, StatusLookup } from './status-lookup.js'

/** What answering for the status of sessions works with. */
export interface SessionStatusesOptions {
  registry: SessionRegistry
  lookup: StatusLookup
  restorer: SessionRestorer
}

/** Answers where sessions stand: what runs here knows best; for the rest the store, the lock and the repository are asked. */
export class SessionStatuses {
  readonly #options: SessionStatusesOptions

  constructor(options: SessionStatusesOptions) {
    this.#options = options
  }

  /** Where a session stands. When it is `wanted`, one that is stored and that nobody runs is restored in the background. */
  async find(sessionId: string, isWanted: boolean): Promise<SessionSnapshot> {
    const { registry, lookup } = this.#options
    const known = registry.find(sessionId)
    if (known?.isRunning === true) return known.snapshot
    const found = await lookup.look(sessionId)
    const session = registry.find(sessionId)
    if (session !== undefined && speaksForItself(session, found)) return session.snapshot
    return isWanted && isRestorable(found, session) ? this.#restore(found) : lookup.view(found)
  }

  #restore(found: Found): SessionSnapshot {
    const { registry, lookup, restorer } = this.#options
    const { sessionId, metadata, phoneNumber } = lookup.view(found)
    const session = registry.ensure(sessionId)
    if (metadata !== undefined) session.ledger.noteMetadata(metadata)
    session.ledger.notePhoneNumber(phoneNumber)
    session.start({ purpose: 'restore', force: false }, 'poll')
    // Shares the start that was just made, and tells how it ended.
    restorer.restore(sessionId, 'poll').catch(() => undefined)
    return session.snapshot
  }
}

function runsElsewhere({ owner }: Found, session: Session | undefined): boolean {
  return owner !== null && owner !== session?.keeper.lease?.owner
}

/** One that came to its end here is believed, unless another process has taken it over since. */
function speaksForItself(session: Session, found: Found): boolean {
  return session.isRunning || (session.isResting && !runsElsewhere(found, session))
}

function isRestorable(found: Found, session: Session | undefined): boolean {
  const { action } = found.verdict
  return (action === 'dial' || action === 'cool-down') && !runsElsewhere(found, session)
}
