/** @typedef {import('./api.js').SessionView} SessionView */
/** @typedef {{ text: string, expiresAt: number | null }} Shown */
/** @typedef {Shown & { phoneNumber: string | null }} CodeShown `phoneNumber`: whom it is for, digits only */
/** @typedef {{ qrSvg: Shown | null, code: CodeShown | null }} PairingShown */

/**
 * What is known about every session, from the event stream or from an answer to a request. An answer has its own connection and
 * may arrive after newer events; the stream is in order and complete, so what it said since the request wins.
 */
export class SessionBook {
  /** @type {Map<string, SessionView>} */
  #views = new Map()
  #told = 0
  /** Which telling was the last of each. @type {Map<string, number>} */
  #lastTold = new Map()
  /** @type {Map<string, PairingShown>} */
  #pairings = new Map()

  /** All of them. @returns {SessionView[]} */
  all() {
    return [...this.#views.values()]
  }

  /** @param {string} companyId */
  view(companyId) {
    return this.#views.get(companyId)
  }

  /** @param {string} companyId @returns {PairingShown} */
  pairing(companyId) {
    return this.#pairings.get(companyId) ?? { qrSvg: null, code: null }
  }

  /** Take this before you send a request. */
  get moment() {
    return this.#told
  }

  /** Takes what a stream tells of a session. @param {SessionView} view */
  takeTold(view) {
    this.#told += 1
    this.#lastTold.set(view.company_id, this.#told)
    this.#take(view)
  }

  /** Takes an answer, unless a stream told of the session since the question. @param {SessionView} view @param {number} askedAt the {@link moment} of the question */
  takeAnswer(view, askedAt) {
    if ((this.#lastTold.get(view.company_id) ?? 0) <= askedAt) this.#take(view)
  }

  /** Views for administrators hold no pairing, which therefore says nothing. @param {SessionView} view */
  #take(view) {
    this.#views.set(view.company_id, view)
    if (view.status !== 'pairing') this.#pairings.delete(view.company_id)
    else if (view.pairing) this.takePairing({ ...view.pairing, company_id: view.company_id })
  }

  /** Takes a new QR code, a pairing code, or both. @param {import('./api.js').Pairing & { company_id: string }} pairing */
  takePairing({ company_id: companyId, qr_svg: qrSvg, code, phone_number: phoneNumber, expires_at: expiry }) {
    const expiresAt = expiry ? Date.parse(expiry) : null
    const before = this.pairing(companyId)
    this.#pairings.set(companyId, {
      // If there are both, the date is that of the pairing code.
      qrSvg: qrSvg ? { text: qrSvg, expiresAt: code ? null : expiresAt } : before.qrSvg,
      // An answer to a request does not say whom the code is for.
      code: code ? { text: code, expiresAt, phoneNumber: phoneNumber ?? (before.code?.text === code ? before.code.phoneNumber : null) } : before.code,
    })
  }
}
