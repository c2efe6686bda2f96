/** What accounts may not do for a while, and which chats they have. */
export class AccountLimits {
  readonly #locks = new Map<string, Date>()
  readonly #caps = new Map<string, Date>()
  readonly #chats = new Set<string>()

  /** Two accounts have written to each other. */
  noteChat(phone: string, other: string): void {
    this.#chats.add(chatOf(phone, other))
  }

  /** Whether an account may write to another one now: chats that exist go on. */
  mayWrite(phone: string, other: string): boolean {
    return phone === other || this.lockOf(phone) === null || this.#chats.has(chatOf(phone, other))
  }

  /** Until when an account may start no chats; `null`: it may. */
  lockOf(phone: string): Date | null {
    return inForce(this.#locks.get(phone))
  }

  /** Until when an account has used up its messages to new chats; `null`: it has not. */
  capOf(phone: string): Date | null {
    return inForce(this.#caps.get(phone))
  }

  /** Sets the lock of an account, or lifts it. */
  lock(phone: string, until: Date | null): void {
    setOrDelete(this.#locks, phone, until)
  }

  /** Sets the cap of an account, or lifts it. */
  cap(phone: string, until: Date | null): void {
    setOrDelete(this.#caps, phone, until)
  }

  /** Lifts them all; the chats stay. */
  clear(): void {
    this.#locks.clear()
    this.#caps.clear()
  }
}

function setOrDelete(limits: Map<string, Date>, phone: string, until: Date | null): void {
  if (until === null) limits.delete(phone)
  else limits.set(phone, until)
}

function inForce(until: Date | undefined): Date | null {
  return until === undefined || until.getTime() <= Date.now() ? null : until
}

function chatOf(phone: string, other: string): string {
  return [phone, other].sort().join(' ')
}
