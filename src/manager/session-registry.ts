import type { SessionContext } from '../session/session-context.js'
import { managerClosed } from '../session/session-refusals.js'
import { Session } from '../session/session.js'

/** The sessions that this manager has made an object for. */
export class SessionRegistry {
  readonly #context: SessionContext
  readonly #sessions = new Map<string, Session>()
  /** How many verbs are at work on a session and may still start it. */
  readonly #uses = new Map<Session, number>()
  #sealed = false

  constructor(context: SessionContext) {
    this.#context = context
  }

  /** The session, if there is an object for it. */
  find(sessionId: string): Session | undefined {
    return this.#sessions.get(sessionId)
  }

  /** The session; made when there is none. Throws `MANAGER_CLOSED` once the registry is sealed. */
  ensure(sessionId: string): Session {
    if (this.#sealed) throw managerClosed(sessionId)
    const session = this.#sessions.get(sessionId) ?? new Session(sessionId, this.#context)
    this.#sessions.set(sessionId, session)
    return session
  }

  /** Lets a verb work on a session, made when there is none; it is not forgotten meanwhile, for nobody could end what the verb starts. */
  async use<Result>(sessionId: string, work: (session: Session) => Promise<Result>): Promise<Result> {
    const session = this.ensure(sessionId)
    this.#uses.set(session, (this.#uses.get(session) ?? 0) + 1)
    try {
      return await work(session)
    } finally {
      const left = (this.#uses.get(session) ?? 1) - 1
      if (left > 0) this.#uses.set(session, left)
      else this.#uses.delete(session)
      // An object that nothing was begun with knows nothing.
      if (!session.isResting) this.forget(sessionId)
    }
  }

  /** Forgets a session that has come to rest and holds nothing any more. */
  forget(sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (session?.isForgettable === true && !this.#uses.has(session)) this.#sessions.delete(sessionId)
  }

  /** Makes no object any more, whoever is still on the way to ask for one. */
  seal(): void {
    this.#sealed = true
  }

  /** All of them. */
  all(): Session[] {
    return [...this.#sessions.values()]
  }
}
