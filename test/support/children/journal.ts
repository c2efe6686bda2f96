import type { SessionManagerEvents } from '../../../src/index.js'

/** A message from somebody else that a handler of the application was given. */
export interface TextEvent {
  sessionId: string
  id: string
  /** `null` when it is no text, or could not be decrypted. */
  text: string | null
}

/** What a process can tell: the events of its manager, the texts that came, and `ready` once it has made its manager. */
export interface JournalEvents extends Omit<{ [Name in keyof SessionManagerEvents]: SessionManagerEvents[Name][0] }, 'socket' | 'error' | 'pairing-code'> {
  text: TextEvent
  error: { sessionId: string | null; code: string | null; message: string }
  ready: { sessionId: null }
}

/** One thing that happened. */
export interface Entry<Name extends keyof JournalEvents = keyof JournalEvents> {
  event: Name
  data: JournalEvents[Name]
}

const PATIENCE_MS = 20_000

/** All that a process told, in order. */
export class Journal {
  readonly #entries: Entry[] = []
  readonly #waiting = new Set<() => void>()
  #ended: string | null = null

  /** Takes in what happened. */
  add(entry: Entry): void {
    this.#entries.push(entry)
    this.#wake()
  }

  /** Nothing more will happen. */
  close(why: string): void {
    this.#ended = why
    this.#wake()
  }

  /** All of one kind, of all sessions or of one. */
  all<Name extends keyof JournalEvents>(event: Name, sessionId?: string): JournalEvents[Name][] {
    return this.#entries.flatMap((entry) => (isNamed(entry, event) && (sessionId === undefined || entry.data.sessionId === sessionId) ? [entry.data] : []))
  }

  /** The first of a kind that holds a condition: told already, or told soon. */
  async first<Name extends keyof JournalEvents>(event: Name, holds: (data: JournalEvents[Name]) => boolean = () => true): Promise<JournalEvents[Name]> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        end()
      }
      const look = (): void => {
        const found = this.all(event).find(holds)
        if (found !== undefined)
          settle(() => {
            resolve(found)
          })
        else if (this.#ended !== null)
          settle(() => {
            reject(new Error(`No "${event}" came: ${String(this.#ended)}`))
          })
      }
      const timer = setTimeout(() => {
        settle(() => {
          reject(new Error(`Timed out after ${PATIENCE_MS} ms waiting for "${event}" ${holds.toString()}; there were: ${this.#tell()}`))
        })
      }, PATIENCE_MS)
      this.#waiting.add(look)
      look()
    })
  }

  /** The first `status` event of a session with this status: told already, or told soon. */
  async firstStatus(sessionId: string, status: JournalEvents['status']['status']): Promise<JournalEvents['status']> {
    return this.first('status', (event) => event.sessionId === sessionId && event.status === status)
  }

  /** Status and reason of each `status` event of a session, such as `reconnecting connection_lost`. */
  course(sessionId: string): string[] {
    return this.all('status', sessionId).map(({ status, reason }) => (reason === null ? status : `${status} ${reason}`))
  }

  /** The texts that reached a session, in order. */
  texts(sessionId: string): (string | null)[] {
    return this.all('text', sessionId).map(({ text }) => text)
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }

  #tell(): string {
    return this.#entries.map(({ event, data }) => ('message' in data ? `${event} (${data.message})` : event)).join(', ')
  }
}

function isNamed<Name extends keyof JournalEvents>(entry: Entry, name: Name): entry is Entry<Name> {
  return entry.event === name
}
