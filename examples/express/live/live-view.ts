import type { ServerResponse } from 'node:http'
import type { SessionManager } from 'baileys-sessions'
import { ownView, publicView, withCode, withQr, type PairingView, type SessionView } from '../answers/session-view.js'
import type { HeadersToSend } from './event-stream.js'
import { EventStreams, type StreamLimits } from './event-streams.js'
import { followHistory, History } from './history.js'
import { listen } from './listen.js'
import { Restoration } from './restoration.js'

/** What a client of an event stream may see, and until when. */
export interface Audience {
  /** The company; `null` for all of them, without QR codes and pairing codes. */
  companyId: string | null
  expiresAt: Date
}

/** Reports what happens as it happens. It needs only the manager, and works with any framework. */
export class LiveView {
  readonly history: History = new History()
  readonly restoration: Restoration
  readonly #sessions: SessionManager
  readonly #streams: EventStreams
  /** The current pairing of each company: status events do not contain it. */
  readonly #pairings = new Map<string, PairingView>()
  readonly #subscriptions: (() => void)[]

  constructor(sessions: SessionManager, limits: StreamLimits) {
    this.#sessions = sessions
    this.#streams = new EventStreams(limits)
    this.restoration = new Restoration(sessions, (companyId) => {
      this.#tellRestore(companyId)
    })
    this.#subscriptions = [
      ...this.#followSessions(),
      followHistory(sessions, (companyId, entry) => {
        const event = { company_id: companyId, ...this.history.add(companyId, entry) }
        this.#streams.send(companyId, 'history', event)
        this.#streams.send(null, 'history', event)
      }),
    ]
  }

  /** How many clients read events. */
  get openStreams(): number {
    return this.#streams.size
  }

  /** Answers with an event stream that begins with the current state. Rejects only before anything is sent. */
  async open(response: ServerResponse, { companyId, expiresAt }: Audience, headers: HeadersToSend = {}): Promise<void> {
    // From here on, the stream queues what happens, and sends it after the current state.
    const stream = this.#streams.open(response, companyId, expiresAt)
    const restore = this.restoration.view(companyId)
    const changed = new Set<string>()
    const stopWatching = listen(this.#sessions, 'status', ({ sessionId }) => {
      changed.add(sessionId)
    })
    try {
      const snapshots = companyId === null ? await this.#sessions.getStatuses() : [await this.#sessions.getStatus(companyId)]
      // The queued events cover what changed meanwhile. A newer snapshot before them would show the past after the present.
      const views = snapshots
        .filter(({ sessionId }) => !changed.has(sessionId))
        .map((snapshot) => (companyId === null ? publicView(snapshot) : this.#withNumber(ownView(snapshot))))
      stream.begin(headers, [['restore', restore], ...views.map((view) => ['status', view] as const)])
      // Frameworks answer HEAD with the GET route.
      if (response.req.method === 'HEAD') stream.end()
    } catch (error) {
      stream.end()
      throw error
    } finally {
      stopWatching()
    }
  }

  /** Ends the streams of a company. Their clients open new ones, wherever its session runs by then. */
  endStreams(companyId: string): void {
    this.#streams.end(companyId)
  }

  /** Ends every stream, and stops listening to the manager. */
  close(): void {
    this.restoration.stop()
    for (const end of this.#subscriptions) end()
    this.#streams.close()
  }

  #followSessions(): (() => void)[] {
    return [
      listen(this.#sessions, 'status', (event) => {
        const { sessionId, status } = event
        if (status !== 'pairing') this.#pairings.delete(sessionId)
        const view = publicView(event)
        this.#streams.send(sessionId, 'status', { ...view, pairing: this.#pairings.get(sessionId) ?? null })
        this.#streams.send(null, 'status', view)
      }),
      listen(this.#sessions, 'qr', (event) => {
        this.#tellPairing(event.sessionId, withQr(this.#pairings.get(event.sessionId), event))
      }),
      listen(this.#sessions, 'pairing-code', (event) => {
        this.#tellPairing(event.sessionId, withCode(this.#pairings.get(event.sessionId), event))
      }),
    ]
  }

  /** The number of a pairing code is in the event that told of it, not in the snapshot. */
  #withNumber(view: SessionView): SessionView {
    const known = this.#pairings.get(view.company_id)
    if (view.pairing === null || known === undefined || known.code !== view.pairing.code) return view
    return { ...view, pairing: { ...view.pairing, phone_number: known.phone_number } }
  }

  #tellPairing(companyId: string, pairing: PairingView): void {
    this.#pairings.set(companyId, pairing)
    this.#streams.send(companyId, 'pairing', { company_id: companyId, ...pairing })
  }

  #tellRestore(companyId: string | null): void {
    if (companyId === null) {
      this.#streams.sendEach('restore', (reader) => this.restoration.view(reader))
      return
    }
    this.#streams.send(companyId, 'restore', this.restoration.view(companyId))
    this.#streams.send(null, 'restore', this.restoration.view(null))
  }
}
