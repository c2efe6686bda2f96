import type { SessionManager } from '../../src/index.js'
import type { SessionManagerEvents } from '../../src/manager/session-manager-events.js'
import { SESSION_EVENTS } from './event-names.js'

/** How long a wait may take on a busy machine. */
const PATIENCE_MS = 20_000

type EventName = keyof SessionManagerEvents
type EventOf<Name extends EventName> = SessionManagerEvents[Name][0]

/** One event, and when it came. */
export interface RecordedEvent<Name extends EventName = EventName> {
  name: Name
  event: EventOf<Name>
  at: number
}

/** All that a manager has told, in order. */
export class EventRecord {
  readonly entries: RecordedEvent[] = []
  readonly #watchers = new Set<() => void>()

  constructor(manager: SessionManager) {
    for (const name of SESSION_EVENTS)
      manager.on(name, (event: EventOf<EventName>) => {
        this.#note(name, event)
      })
  }

  /** The events of one name, oldest first: all, or those of one session. */
  of<Name extends EventName>(name: Name, sessionId?: string): EventOf<Name>[] {
    return this.entries.flatMap((entry) => (isNamed(entry, name) && (sessionId === undefined || entry.event.sessionId === sessionId) ? [entry.event] : []))
  }

  /** Status and reason of each `status` event of a session, such as `reconnecting connection_lost`. */
  course(sessionId: string): string[] {
    return this.of('status', sessionId).map(({ status, reason }) => (reason === null ? status : `${status} ${reason}`))
  }

  /** The next event of a session after this call. Ask before you provoke it. */
  next<Name extends EventName>(
    name: Name,
    sessionId: string,
    matches: (event: EventOf<Name>) => boolean = () => true,
    patienceMs: number = PATIENCE_MS,
  ): Promise<EventOf<Name>> {
    const since = this.of(name, sessionId).length
    const found = this.until(() => this.of(name, sessionId).slice(since).find(matches), `"${name}" of ${sessionId}`, patienceMs)
    // A test that has failed before it came to wait for this has said enough.
    found.catch(() => undefined)
    return found
  }

  /** The next `status` event with this status, and this reason where one is given. Ask before you provoke it. */
  nextStatus(sessionId: string, status: EventOf<'status'>['status'], reason?: EventOf<'status'>['reason'], patienceMs?: number): Promise<EventOf<'status'>> {
    return this.next('status', sessionId, (event) => event.status === status && (reason === undefined || event.reason === reason), patienceMs)
  }

  /** Waits until something is found, looking now and after each event. */
  async until<Value>(find: () => Value | undefined, what: string, patienceMs: number = PATIENCE_MS): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        this.#watchers.delete(look)
      }
      const look = (): void => {
        const found = find()
        if (found === undefined) return
        stop()
        resolve(found)
      }
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`No ${what} within ${patienceMs} ms. It went: ${this.#tell()}`))
      }, patienceMs)
      this.#watchers.add(look)
      look()
    })
  }

  #note(name: EventName, event: EventOf<EventName>): void {
    this.entries.push({ name, event, at: Date.now() })
    for (const look of [...this.#watchers]) look()
  }

  #tell(): string {
    return this.entries
      .map((entry) => {
        const {
          name,
          event: { sessionId },
        } = entry
        if (isNamed(entry, 'status')) return `${sessionId ?? ''}: ${entry.event.status} ${entry.event.reason ?? ''}`.trimEnd()
        return `${sessionId ?? ''}: ${isNamed(entry, 'error') ? entry.event.error.message : name}`
      })
      .join('; ')
  }
}

function isNamed<Name extends EventName>(entry: RecordedEvent, name: Name): entry is RecordedEvent<Name> {
  return entry.name === name
}
