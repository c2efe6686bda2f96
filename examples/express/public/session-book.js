/** @typedef {import('./api.js').SessionView} SessionView */
/** @typedef {{ text: string, expiresAt: number | null }} Shown */
/** @typedef {{ qrSvg: Shown | null, code: Shown | null }} PairingShown */

/** What is known of every session. */
export class SessionBook {
  /** @type {Map<string, SessionView>} */
  #views = new Map()
  /** @type {Map<string, PairingShown>} */
  #pairings = new Map()

  /** All of them, by name. @returns {SessionView[]} */
  all() {
    return [...this.#views.values()].sort((a, b) => a.company_id.localeCompare(b.company_id))
  }

  /** @param {string} companyId */
  view(companyId) {
    return this.#views.get(companyId)
  }

  /** @param {string} companyId @returns {PairingShown} */
  pairing(companyId) {
    return this.#pairings.get(companyId) ?? { qrSvg: null, code: null }
  }

  /** Takes what was said of a session. Views for administrators hold no pairing, which therefore says nothing. @param {SessionView} view */
  take(view) {
    this.#views.set(view.company_id, view)
    if (view.status !== 'pairing') this.#pairings.delete(view.company_id)
    else if (view.pairing) this.takePairing({ ...view.pairing, company_id: view.company_id })
  }

  /** Takes a new QR code, a pairing code, or both. @param {import('./api.js').Pairing & { company_id: string }} pairing */
  takePairing({ company_id: companyId, qr_svg: qrSvg, code, expires_at: expiry }) {
    const expiresAt = expiry ? Date.parse(expiry) : null
    const before = this.pairing(companyId)
    this.#pairings.set(companyId, {
      // When there are both, the date is that of the pairing code.
      qrSvg: qrSvg ? { text: qrSvg, expiresAt: code ? null : expiresAt } : before.qrSvg,
      code: code ? { text: code, expiresAt } : before.code,
    })
  }
}
