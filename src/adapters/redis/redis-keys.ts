import { toStored } from './stored-text.js'

/** The names of the keys. Every script is told those that it touches, since a client may put a prefix of its own before them. */
export class RedisKeys {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = toStored(prefix)
  }

  /** A number: how all that follows is laid out. */
  get schema(): string {
    return `${this.#prefix}schema`
  }

  /** A number: the newest token of any session. */
  get token(): string {
    return `${this.#prefix}token`
  }

  /** A hash, by session: its newest token and, while it is held, the nonce of the holder and the name of the claim. It is never removed. */
  get locks(): string {
    return `${this.#prefix}locks`
  }

  /** A hash, by nonce: when the lease of the process ends, its first and its newest token, how many locks it has given back, and who it is. */
  get processes(): string {
    return `${this.#prefix}processes`
  }

  /** A hash, by nonce: what the process says of itself as a member of a cluster. */
  get members(): string {
    return `${this.#prefix}members`
  }

  /** A hash, by nonce: the members that were asked to hand their sessions over. */
  get asked(): string {
    return `${this.#prefix}asked`
  }

  /** A hash, by session: the token under which its holder noted something, and the text. */
  get notes(): string {
    return `${this.#prefix}notes`
  }

  /** A sorted set: the sessions by the revision in which their lock was taken, given back or noted last. */
  get changes(): string {
    return `${this.#prefix}changes`
  }

  /** The newest revision, and when they were begun to be counted. */
  get revision(): string {
    return `${this.#prefix}revision`
  }

  /** What is kept of locks and those who hold them, in the order in which the scripts that change it take it. */
  get ofLocks(): readonly string[] {
    return [this.locks, this.processes, this.notes, this.changes, this.revision, this.members, this.asked, this.token]
  }

  /** A set: the sessions that have records. */
  get sessions(): string {
    return `${this.#prefix}sessions`
  }

  /** A set: the sessions that have a connection. */
  get connections(): string {
    return `${this.#prefix}connections`
  }

  /** A hash: the records of a session. */
  recordsOf(sessionId: string): string {
    return `${this.#prefix}records:${toStored(sessionId)}`
  }

  /** A hash: the connection of a session, field by field. */
  connectionOf(sessionId: string): string {
    return `${this.#prefix}connection:${toStored(sessionId)}`
  }
}
