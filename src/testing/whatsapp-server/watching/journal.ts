import type { EventEmitter } from 'eventemitter3'
import type { DeviceKey } from '../accounts/account.js'
import type { PhoneMessage, WhatsAppServerEvents } from '../server-events.js'
import type { Attempt, LogEntry, LogKind, ServerProblem } from './log-entry.js'

const MAX_ENTRIES = 200_000

/** The part of a connection that the journal writes down. */
export interface JournalSubject {
  readonly id: number | null
  readonly label: string | null
  readonly deviceKey: DeviceKey | null
}

/** All that a server has seen: its log, the attempts of its clients, and what went wrong in itself. */
export class Journal {
  readonly #events: EventEmitter<WhatsAppServerEvents>
  readonly entries: LogEntry[] = []
  readonly attempts: Attempt[] = []
  readonly messages: PhoneMessage[] = []
  readonly problems: ServerProblem[] = []
  readonly unknownQueries: Map<string, number> = new Map()
  #connections = 0

  constructor(events: EventEmitter<WhatsAppServerEvents>) {
    this.#events = events
  }

  /** Opens the record of a new TCP connection. */
  begin(): Attempt {
    const attempt: Attempt = {
      connection: ++this.#connections,
      label: null,
      acceptedAt: Date.now(),
      payloadAt: null,
      purpose: 'unknown',
      deviceKey: null,
      outcome: 'pending',
      reason: null,
      version: null,
      browser: null,
      refreshesSent: 0,
      refreshesAcknowledged: 0,
      passkey: null,
    }
    keep(this.attempts, attempt)
    return attempt
  }

  /** Takes back the record of a connection that turned out to be no attempt. */
  forget(attempt: Attempt): void {
    const index = this.attempts.lastIndexOf(attempt)
    if (index >= 0) this.attempts.splice(index, 1)
  }

  /** Writes a line and announces it. */
  write(kind: LogKind, subject: JournalSubject | null, detail: Record<string, unknown> = {}): void {
    const entry: LogEntry = {
      at: Date.now(),
      kind,
      connection: subject?.id ?? null,
      deviceKey: subject?.deviceKey ?? null,
      label: subject?.label ?? null,
      detail,
    }
    keep(this.entries, entry)
    this.announce('log', entry)
  }

  /** Keeps a message that a phone received, and announces it. */
  receive(message: PhoneMessage): void {
    const { phone, from, id } = message
    keep(this.messages, message)
    this.announce('message', message)
    this.write('phone-message', null, { phone, from, id })
  }

  /** Emits an event. A listener that throws is the test's own problem: it is recorded and stops nothing. */
  announce<Name extends keyof WhatsAppServerEvents>(name: Name, ...event: EventEmitter.EventArgs<WhatsAppServerEvents, Name>): void {
    try {
      this.#events.emit(name, ...event)
    } catch (error) {
      this.problems.push({ at: Date.now(), where: `listener of '${name}'`, connection: null, deviceKey: null, error: toError(error) })
    }
  }

  /** Records that the server could not do something. */
  fail(where: string, subject: JournalSubject | null, error: unknown): void {
    const problem = { at: Date.now(), where, connection: subject?.id ?? null, deviceKey: subject?.deviceKey ?? null, error: toError(error) }
    this.problems.push(problem)
    this.write('server-error', subject, { where, message: problem.error.message })
  }

  /** Counts a query that has no answer of its own. */
  unknownQuery(name: string): void {
    this.unknownQueries.set(name, (this.unknownQueries.get(name) ?? 0) + 1)
  }
}

function keep<Item>(list: Item[], item: Item): void {
  if (list.length >= MAX_ENTRIES) list.splice(0, MAX_ENTRIES / 10)
  list.push(item)
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
