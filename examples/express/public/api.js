/**
 * @typedef {'disconnected' | 'connecting' | 'pairing' | 'connected' | 'reconnecting' | 'logged_out' | 'failed'} Status
 *
 * @typedef {object} Me who is signed in
 * @property {string | null} company_id `null` for an administrator of all companies
 * @property {'agent' | 'admin'} role
 * @property {string} csrf_token
 * @property {boolean} simulated
 *
 * @typedef {object} Pairing what is to be scanned or entered
 * @property {string | null} [qr_svg]
 * @property {string | null} [code]
 * @property {string | null} [phone_number] whom the code is for, digits only
 * @property {string | null} [expires_at]
 *
 * @typedef {object} SessionView
 * @property {string} company_id
 * @property {Status} status
 * @property {string | null} reason
 * @property {boolean} is_connected
 * @property {string} message in English, for a reason that this page does not know
 * @property {string | null} phone_number
 * @property {string} since
 * @property {number | null} attempt
 * @property {string | null} next_retry_at
 * @property {string | null} restricted_until
 * @property {Pairing | null} [pairing] left out of lists
 * @property {boolean} is_local
 *
 * @typedef {object} HistoryEntry
 * @property {string} at
 * @property {string} kind
 * @property {string | null} [status] a status, or of a restore its outcome
 * @property {string | null} [reason]
 * @property {string | null} [message]
 * @property {string | number | null} [code]
 *
 * @typedef {object} RestoreProgress
 * @property {number} done
 * @property {number} total
 * @property {number} restored
 * @property {number} retrying
 * @property {number} skipped
 * @property {number} failed
 * @property {boolean} finished
 *
 * @typedef {{ name: 'status', data: SessionView } | { name: 'pairing', data: Pairing & { company_id: string } } | { name: 'restore', data: RestoreProgress } | { name: 'history', data: HistoryEntry & { company_id: string } }} LiveEvent
 *
 * @typedef {{ company_id: string | null, role: 'agent' | 'admin', token: string }} DemoToken
 */

/** What the server refused, or that it did not respond. */
export class ApiError extends Error {
  /** @param {string} code @param {number} status 0 when there was no answer @param {number} retryAfterMs */
  constructor(code, status, retryAfterMs = 0) {
    super(code)
    this.code = code
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** The server, as this page uses it. The token itself is in a cookie that no script can read. */
export class Api {
  #csrfToken = ''
  #clock

  /** @param {import('./server-clock.js').ServerClock} clock */
  constructor(clock) {
    this.#clock = clock
  }

  /** @returns {Promise<Me>} */
  async me() {
    /** @type {Me} */
    const me = await this.#ask('GET', '/api/me')
    this.#csrfToken = me.csrf_token
    return me
  }

  /** @param {string} token */
  async signIn(token) {
    await this.#ask('POST', '/api/sign-in', { token })
  }

  async signOut() {
    await this.#ask('POST', '/api/sign-out', {})
    this.#csrfToken = ''
  }

  /** None unless WhatsApp is simulated. @returns {Promise<DemoToken[]>} */
  async demoTokens() {
    /** @type {Promise<DemoToken[]>} */
    const tokens = this.#ask('GET', '/api/demo-tokens')
    return tokens.catch(() => [])
  }

  /** @returns {Promise<SessionView[]>} */
  async sessions() {
    /** @type {{ sessions: SessionView[] }} */
    const { sessions } = await this.#ask('GET', '/api/whatsapp/sessions')
    return sessions
  }

  /** @param {string} companyId @returns {Promise<SessionView>} */
  async status(companyId) {
    return this.#ask('GET', `/api/whatsapp/status?${of(companyId)}`)
  }

  /** Newest first. @param {string} companyId @returns {Promise<HistoryEntry[]>} */
  async history(companyId) {
    /** @type {{ events: HistoryEntry[] }} */
    const { events } = await this.#ask('GET', `/api/whatsapp/history?${of(companyId)}`)
    return events
  }

  /** @param {'connect' | 'disconnect' | 'logout'} verb @param {string} companyId @returns {Promise<SessionView>} */
  async change(verb, companyId) {
    return this.#ask('POST', `/api/whatsapp/${verb}`, { company_id: companyId })
  }

  /** @param {string} companyId @param {string} phoneNumber @returns {Promise<SessionView>} */
  async pairingCode(companyId, phoneNumber) {
    return this.#ask('POST', '/api/whatsapp/pairing-code', { company_id: companyId, phone_number: phoneNumber })
  }

  /** @param {string} companyId @param {'scan' | 'unlink' | 'cut-network' | 'restore-network'} action */
  async simulatedPhone(companyId, action) {
    await this.#ask('POST', '/api/simulated-phone', { company_id: companyId, action })
  }

  /** The stream of events of one company, or of all. @param {string | null} companyId @param {AbortSignal} signal @returns {Promise<Response>} */
  async events(companyId, signal) {
    return this.#fetch(companyId === null ? '/api/whatsapp/events' : `/api/whatsapp/events?${of(companyId)}`, {
      signal,
      headers: { accept: 'text/event-stream' },
    })
  }

  /**
   * The caller states the type of the answer, as the server's contract does.
   * @template Answer
   * @param {'GET' | 'POST'} method @param {string} path @param {object} [body] @returns {Promise<Answer>}
   */
  async #ask(method, path, body) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'x-csrf-token': this.#csrfToken }
    const response = await this.#fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    const text = await response.text()
    const answer = /** @type {unknown} */ (text === '' ? null : JSON.parse(text))
    return /** @type {Answer} */ (answer)
  }

  /** @param {string} path @param {RequestInit} init */
  async #fetch(path, init) {
    const response = await fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init }).catch((/** @type {unknown} */ error) => {
      throw init.signal?.aborted === true ? error : new ApiError('network', 0)
    })
    this.#clock.learn(response.headers.get('date'))
    if (response.ok) return response
    /** @type {unknown} */
    const answer = await response.json().catch(() => null)
    const { error } = /** @type {{ error?: { code?: string } }} */ (answer ?? {})
    throw new ApiError(error?.code ?? 'unknown', response.status, Number(response.headers.get('retry-after') ?? 0) * 1000)
  }
}

/** @param {string} companyId */
function of(companyId) {
  return new URLSearchParams({ company_id: companyId }).toString()
}
