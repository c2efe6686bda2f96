import { ApiError } from './api.js'
import { backOffMs } from './back-off.js'
import { EventParser } from './event-parser.js'

/** The server sends something at least every 15 s: after this long without anything, the stream is dead, even if no error says so. */
const SILENCE_MS = 40_000

/** @typedef {{ state: 'connecting' | 'live' } | { state: 'waiting', retryAt: number }} FeedState */
/**
 * @typedef {object} FeedListener
 * @property {(event: import('./api.js').LiveEvent) => void} onEvent
 * @property {(state: FeedState) => void} onState
 * @property {() => void} onSignedOut the server no longer knows this person
 */

/** Follows an event stream, and reopens it after a back-off when it is lost. */
export class EventFeed {
  #api
  #companyId
  #listener
  #failures = 0
  #timer = 0
  #stream = new AbortController()
  #isClosed = false
  /** When the server was last heard, by the clock of this computer; `null` before that. @type {number | null} */
  heardAt = null

  /** @param {import('./api.js').Api} api @param {string | null} companyId `null` for all @param {FeedListener} listener */
  constructor(api, companyId, listener) {
    this.#api = api
    this.#companyId = companyId
    this.#listener = listener
  }

  /** Opens it, at once if it was waiting. */
  open() {
    if (this.#isClosed) return
    window.clearTimeout(this.#timer)
    this.#stream.abort()
    this.#stream = new AbortController()
    this.#listener.onState({ state: 'connecting' })
    void this.#follow(this.#stream)
  }

  close() {
    this.#isClosed = true
    window.clearTimeout(this.#timer)
    this.#stream.abort()
  }

  /** @param {AbortController} stream */
  async #follow(stream) {
    try {
      await this.#read(await this.#api.events(this.#companyId, stream.signal), stream)
      this.#lost(stream, null)
    } catch (error) {
      this.#lost(stream, error)
    }
  }

  /** @param {Response} response @param {AbortController} stream */
  async #read(response, stream) {
    const parser = new EventParser()
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (reader === undefined) return
    this.#failures = 0
    this.#listener.onState({ state: 'live' })
    for (;;) {
      const { done, value } = await withinSilence(reader.read(), stream)
      if (done) return
      this.heardAt = Date.now()
      for (const event of parser.push(value)) this.#listener.onEvent(liveEvent(event))
    }
  }

  /** @param {AbortController} stream @param {unknown} error */
  #lost(stream, error) {
    if (this.#isClosed || stream !== this.#stream) return
    if (error instanceof ApiError && error.status === 401) {
      this.#listener.onSignedOut()
      return
    }
    this.#failures += 1
    const delayMs = Math.max(backOffMs(this.#failures), error instanceof ApiError ? error.retryAfterMs : 0)
    this.#listener.onState({ state: 'waiting', retryAt: Date.now() + delayMs })
    this.#timer = window.setTimeout(() => {
      this.open()
    }, delayMs)
  }
}

/** @param {import('./event-parser.js').StreamEvent} event */
function liveEvent({ name, data }) {
  /** @type {unknown} */
  const content = JSON.parse(data)
  return /** @type {import('./api.js').LiveEvent} */ ({ name, data: content })
}

/** @template Value @param {Promise<Value>} reading @param {AbortController} stream @returns {Promise<Value>} */
async function withinSilence(reading, stream) {
  const timer = window.setTimeout(() => {
    stream.abort()
  }, SILENCE_MS)
  return reading.finally(() => {
    window.clearTimeout(timer)
  })
}
