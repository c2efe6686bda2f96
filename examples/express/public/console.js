import { ApiError } from './api.js'
import { EventFeed } from './events.js'
import { mergeHistory } from './history-folding.js'
import { HistoryKeeping } from './history-keeping.js'
import { SessionBook } from './session-book.js'

/** @typedef {import('./offered-actions.js').Action['verb']} Verb */
/** @typedef {import('./simulated-phone.js').PhoneAction} PhoneAction */
/** @typedef {import('./history-list.js').HistoryState} HistoryState */
/**
 * @typedef {object} ConsoleListener
 * @property {() => void} onChange
 * @property {() => void} onSignedOut
 * @property {(view: import('./api.js').SessionView) => void} onStatus the session shown has another status or reason
 * @property {(pairing: import('./session-book.js').PairingShown, before: import('./session-book.js').PairingShown) => void} onPairing there may be something new to scan or to enter
 * @property {(progress: import('./api.js').RestoreProgress) => void} onRestored
 * @property {(isLive: boolean) => void} onFeed the stream was lost, or is back
 */

/** What the page knows and does, without how it looks. */
export class Console {
  book = new SessionBook()
  /** @type {import('./events.js').FeedState} */
  feed = { state: 'connecting' }
  wasLost = false
  /** @type {import('./api.js').RestoreProgress | null} */
  restore = null
  /** @type {string | null} */
  selected = null
  /** @type {Verb | 'pairing-code' | null} */
  busy = null
  /** @type {PhoneAction | null} */
  phoneBusy = null
  /** Companies whose simulated network was cut here. @type {Set<string>} */
  cutNetworks = new Set()
  /** @type {ApiError | null} */
  problem = null
  /** @type {HistoryState} */
  history = { state: 'loading' }
  /** `null` until the list was loaded. @type {boolean | null} */
  hasList = null
  /** @type {EventFeed} */
  #everything
  /** For administrators: what only a company itself gets to see, of the one that is shown. @type {EventFeed | null} */
  #closeUp = null
  #keeping = new HistoryKeeping(sessionStorage)

  /** @param {import('./api.js').Api} api @param {import('./api.js').Me} me @param {ConsoleListener} listener */
  constructor(api, me, listener) {
    this.api = api
    this.me = me
    this.listener = listener
    this.#everything = new EventFeed(api, me.role === 'admin' ? null : me.company_id, {
      onEvent: (event) => {
        this.#take(event)
      },
      onState: (state) => {
        this.#feedIs(state)
      },
      onSignedOut: listener.onSignedOut,
    })
  }

  /** The session that is shown. */
  get view() {
    return this.selected === null ? undefined : this.book.view(this.selected)
  }

  /** Whether what is known may be out of date. */
  get isStale() {
    return this.wasLost && this.feed.state !== 'live'
  }

  /** When the server was last heard, by the clock of this computer. */
  get lastKnownAt() {
    return this.#everything.heardAt
  }

  open() {
    this.#everything.open()
  }

  close() {
    this.#everything.close()
    this.#closeUp?.close()
  }

  /** Opens the stream at once when it is waiting for its next attempt. */
  tryNow() {
    if (this.feed.state === 'waiting') this.#everything.open()
  }

  /** Shows a session, or none. @param {string | null} companyId */
  select(companyId) {
    if (companyId === this.selected) return
    this.selected = companyId
    this.problem = null
    this.history = { state: 'loading' }
    this.#closeUp?.close()
    this.#closeUp = null
    if (companyId !== null) {
      if (this.me.role === 'admin') this.#openCloseUp(companyId)
      void this.loadHistory()
    }
    this.listener.onChange()
  }

  async loadList() {
    const askedAt = this.book.moment
    try {
      for (const view of await this.api.sessions())
        this.#learn(view, () => {
          this.book.takeAnswer(view, askedAt)
        })
      this.hasList = true
    } catch (error) {
      this.hasList ??= false
      this.#refused(error)
    }
    this.listener.onChange()
  }

  async loadHistory() {
    const companyId = this.selected
    if (companyId === null) return
    try {
      const entries = await this.api.history(companyId)
      if (companyId !== this.selected) return
      this.#learnHistory(companyId, mergeHistory(this.#keeping.of(companyId), entries))
    } catch (error) {
      if (companyId !== this.selected) return
      const kept = this.#keeping.of(companyId)
      if (this.history.state !== 'known') this.history = kept.length > 0 ? { state: 'known', entries: kept } : { state: 'failed' }
      this.#refused(error)
    }
    this.listener.onChange()
  }

  /** Asks the server to change the session shown. @param {Verb | 'pairing-code'} verb @param {string} [phoneNumber] */
  async change(verb, phoneNumber = '') {
    const companyId = this.selected
    if (companyId === null || this.busy !== null) return
    this.busy = verb
    this.problem = null
    this.listener.onChange()
    const askedAt = this.book.moment
    try {
      const view = verb === 'pairing-code' ? await this.api.pairingCode(companyId, phoneNumber) : await this.api.change(verb, companyId)
      this.#learn(view, () => {
        this.book.takeAnswer(view, askedAt)
      })
    } catch (error) {
      if (companyId === this.selected) this.problem = this.#refused(error)
    }
    this.busy = null
    this.listener.onChange()
  }

  /** @param {PhoneAction} action */
  async usePhone(action) {
    const companyId = this.selected
    if (companyId === null || this.phoneBusy !== null) return
    this.phoneBusy = action
    this.problem = null
    this.listener.onChange()
    try {
      await this.api.simulatedPhone(companyId, action)
      if (action === 'cut-network') this.cutNetworks.add(companyId)
      if (action === 'restore-network') this.cutNetworks.delete(companyId)
    } catch (error) {
      this.problem = this.#refused(error)
    }
    this.phoneBusy = null
    this.listener.onChange()
  }

  dismiss() {
    this.problem = null
    this.listener.onChange()
  }

  /** @param {string} companyId */
  #openCloseUp(companyId) {
    this.#closeUp = new EventFeed(this.api, companyId, {
      onEvent: (event) => {
        if (event.name === 'status' || event.name === 'pairing') this.#take(event)
      },
      onState: () => undefined,
      onSignedOut: this.listener.onSignedOut,
    })
    this.#closeUp.open()
  }

  /** Events that a newer server may send beside these are nothing to this page. @param {import('./api.js').LiveEvent} event */
  #take({ name, data }) {
    const before = this.book.pairing(this.selected ?? '')
    if (name === 'status')
      this.#learn(data, () => {
        this.book.takeTold(data)
      })
    if (name === 'pairing') this.book.takePairing(data)
    if (name === 'restore') this.#takeRestore(data)
    if (name === 'history' && data.company_id === this.selected) this.#learnHistory(data.company_id, [data])
    this.listener.onPairing(this.book.pairing(this.selected ?? ''), before)
    this.listener.onChange()
  }

  /** @param {import('./api.js').SessionView} view @param {() => void} take puts it into the book, or leaves it */
  #learn({ company_id: companyId }, take) {
    const before = this.book.view(companyId)
    take()
    const view = this.book.view(companyId)
    if (before === undefined || view === undefined || companyId !== this.selected) return
    if (before.status !== view.status || before.reason !== view.reason) this.listener.onStatus(view)
  }

  /** @param {import('./api.js').RestoreProgress} progress */
  #takeRestore(progress) {
    const wasRunning = this.restore !== null && !this.restore.finished
    this.restore = progress
    if (wasRunning && progress.finished && progress.total > 0) this.listener.onRestored(progress)
  }

  /** @param {import('./events.js').FeedState} state */
  #feedIs(state) {
    const wasLost = this.wasLost
    this.feed = state
    if (state.state === 'waiting') this.wasLost = true
    if (state.state === 'live') {
      this.wasLost = false
      // What happened while the stream was down.
      void this.loadList()
      if (wasLost) void this.loadHistory()
    }
    if (wasLost !== this.wasLost) this.listener.onFeed(!this.wasLost)
    this.listener.onChange()
  }

  /** @param {string} companyId @param {import('./api.js').HistoryEntry[]} entries */
  #learnHistory(companyId, entries) {
    this.history = { state: 'known', entries: mergeHistory(entries, this.#entries()) }
    this.#keeping.keep(companyId, mergeHistory(this.history.entries, this.#keeping.of(companyId)))
  }

  #entries() {
    return this.history.state === 'known' ? this.history.entries : []
  }

  /** @param {unknown} error */
  #refused(error) {
    const problem = error instanceof ApiError ? error : new ApiError('unknown', 0)
    if (problem.status === 401) this.listener.onSignedOut()
    return problem
  }
}
