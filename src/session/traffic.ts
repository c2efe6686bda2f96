import type { SessionSnapshot } from '../status/session-status.js'

/** How long a message that could not be decrypted counts. */
const WINDOW_MS = 3_600_000

/** So many of them in that time are told of as an error: one or two now and then heal by themselves. */
const MANY_UNDECRYPTED = 10

/** Nobody needs a greater number. */
const MOST_REMEMBERED = 1000

/** What went over the sockets of a session. It changes with every frame, so it is never announced: a snapshot shows it. */
export class Traffic {
  #lastFrameAt: number | null = null
  #lastMessageAt: number | null = null
  /** When each message that could not be decrypted came last, oldest first. */
  readonly #undecrypted = new Map<string, number>()
  #toldAt: number | null = null

  /** Something came. */
  noteFrame(): void {
    this.#lastFrameAt = Date.now()
  }

  /** A message came, or one that was sent was taken. */
  noteMessage(): void {
    this.#lastMessageAt = Date.now()
  }

  /** A message could not be decrypted. Returns how many there are when that is to be told, once in an hour at most; else `null`. */
  noteUndecrypted(messageId: string): number | null {
    const now = Date.now()
    this.#undecrypted.delete(messageId)
    this.#undecrypted.set(messageId, now)
    if (this.#undecrypted.size > MOST_REMEMBERED) this.#forgetOldest()
    const count = this.#countUndecrypted(now)
    const isTold = this.#toldAt !== null && Math.abs(now - this.#toldAt) < WINDOW_MS
    if (count < MANY_UNDECRYPTED || isTold) return null
    this.#toldAt = now
    return count
  }

  /** A message came that could be read, maybe one that came before and could not. */
  noteDecrypted(messageId: string): void {
    this.#undecrypted.delete(messageId)
  }

  /** Adds what is known to a snapshot. */
  show(snapshot: SessionSnapshot): void {
    if (this.#lastFrameAt !== null) snapshot.lastFrameAt = new Date(this.#lastFrameAt)
    if (this.#lastMessageAt !== null) snapshot.lastMessageAt = new Date(this.#lastMessageAt)
    const count = this.#countUndecrypted(Date.now())
    if (count > 0) snapshot.undecryptedMessages = count
  }

  /** Forgets everything: the session was deleted. */
  forget(): void {
    this.#lastFrameAt = null
    this.#lastMessageAt = null
    this.#undecrypted.clear()
    this.#toldAt = null
  }

  #countUndecrypted(now: number): number {
    for (const at of this.#undecrypted.values()) {
      if (now - at < WINDOW_MS) break
      this.#forgetOldest()
    }
    return this.#undecrypted.size
  }

  #forgetOldest(): void {
    for (const messageId of this.#undecrypted.keys()) {
      this.#undecrypted.delete(messageId)
      return
    }
  }
}
