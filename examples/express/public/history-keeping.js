/** @typedef {import('./api.js').HistoryEntry} HistoryEntry */

const KEPT_AS = 'history:'
const LONGEST_HISTORY = 200

/** What happened, kept in this tab: the server forgets it at a restart, and the page at a reload. */
export class HistoryKeeping {
  #storage

  /** @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>} storage */
  constructor(storage) {
    this.#storage = storage
  }

  /** What was kept of a company, newest first. @param {string} companyId @returns {HistoryEntry[]} */
  of(companyId) {
    try {
      /** @type {unknown} */
      const kept = JSON.parse(this.#storage.getItem(KEPT_AS + companyId) ?? '[]')
      return Array.isArray(kept) ? kept.filter(isEntry) : []
    } catch {
      return []
    }
  }

  /** Keeps the newest of them. A full storage keeps nothing new, and the page goes on. @param {string} companyId @param {readonly HistoryEntry[]} entries newest first */
  keep(companyId, entries) {
    try {
      this.#storage.setItem(KEPT_AS + companyId, JSON.stringify(entries.slice(0, LONGEST_HISTORY)))
    } catch {
      this.#storage.removeItem(KEPT_AS + companyId)
    }
  }

  /** Forgets everything: whoever signs in next may be somebody else. */
  forget() {
    const keys = Array.from({ length: this.#storage.length }, (_, index) => this.#storage.key(index))
    for (const key of keys) if (key?.startsWith(KEPT_AS)) this.#storage.removeItem(key)
  }
}

/** @param {unknown} entry @returns {entry is HistoryEntry} */
function isEntry(entry) {
  return typeof entry === 'object' && entry !== null && 'at' in entry && typeof entry.at === 'string' && 'kind' in entry && typeof entry.kind === 'string'
}
