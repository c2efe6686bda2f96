import { Block } from './block.js'
import { details } from './details.js'
import { element } from './element.js'
import { foldHistory } from './history-folding.js'
import { isSentenceKey } from './language.js'
import { explain, isStatus } from './status-words.js'

const SHOWN_AT_FIRST = 8
const SHOWN_MORE = 20

/** @typedef {import('./history-folding.js').FoldedEntry} FoldedEntry */
/** @typedef {{ state: 'loading' } | { state: 'failed' } | { state: 'known', entries: import('./api.js').HistoryEntry[] }} HistoryState */

/** What happened to a session and why, newest first. */
export class HistoryList {
  #language
  #now
  #onReload
  #block
  #shown = SHOWN_AT_FIRST
  /** @type {string | null} */
  #companyId = null
  /** @type {HistoryState} */
  #history = { state: 'loading' }

  /** @param {import('./language.js').Language} language @param {{ now: () => number, onReload: () => void }} options */
  constructor(language, { now, onReload }) {
    this.#language = language
    this.#now = now
    this.#onReload = onReload
    const title = element('h2', { id: 'history-title', tabindex: -1 }, language.translate('history.title'))
    this.#block = new Block(element('div', {}), () => title)
    this.root = element('section', { class: 'history card padded', 'aria-labelledby': 'history-title' }, title, this.#block.root)
  }

  /** @param {string} companyId @param {HistoryState} history */
  update(companyId, history) {
    if (companyId !== this.#companyId) this.#shown = SHOWN_AT_FIRST
    this.#companyId = companyId
    this.#history = history
    this.#show()
  }

  #show() {
    const history = this.#history
    this.#block.show([history, this.#shown], () => this.#body(history))
  }

  /** @param {HistoryState} history */
  #body(history) {
    const t = this.#language.translate
    if (history.state === 'loading') return [element('p', { class: 'quiet', 'aria-busy': 'true' }, t('history.loading'))]
    if (history.state === 'failed') {
      return [
        element('p', { role: 'alert' }, t('history.failed')),
        element('button', { class: 'button plain', type: 'button', 'data-focus': 'history-again', onclick: this.#onReload }, t('history.again')),
      ]
    }
    const entries = foldHistory(history.entries)
    if (entries.length === 0) return [element('p', { class: 'quiet' }, t('history.empty'))]
    const shown = entries.slice(0, this.#shown)
    return [element('ol', { class: 'timeline' }, ...shown.map((entry) => this.#entry(entry))), shown.length < entries.length ? this.#more() : null]
  }

  #more() {
    return element(
      'button',
      {
        class: 'button plain',
        type: 'button',
        'data-focus': 'history-more',
        onclick: () => {
          this.#shown += SHOWN_MORE
          this.#show()
        },
      },
      this.#language.translate('history.more'),
    )
  }

  /** @param {FoldedEntry} entry */
  #entry(entry) {
    const t = this.#language.translate
    const { title, text } = this.#words(entry)
    const at = new Date(entry.at)
    return element(
      'li',
      { class: `moment ${entry.kind === 'error' ? 'failed' : (entry.status ?? 'disconnected')}` },
      element('span', { class: 'moment-dot', 'aria-hidden': 'true' }),
      element('time', { class: 'moment-time', datetime: entry.at, title: at.toLocaleString(this.#language.locale) }, this.#clock(at)),
      element(
        'div',
        { class: 'moment-text' },
        element('span', { class: 'moment-title' }, title, this.#times(entry.times)),
        text !== title && element('span', { class: 'moment-why' }, text),
        entry.code !== null && entry.code !== undefined && details(t, t('history.code', { code: String(entry.code) }), `history-${entry.at}`),
      ),
    )
  }

  /** @param {number} times */
  #times(times) {
    if (times <= 1) return null
    return element('span', { class: 'tags' }, element('span', { class: 'tag' }, this.#language.translate('history.times', { count: times })))
  }

  /** @param {FoldedEntry} entry @returns {{ title: string, text: string }} */
  #words(entry) {
    const t = this.#language.translate
    const { kind, status, reason, message } = entry
    const why = { reason: reason ?? null, message: message ?? '' }
    switch (kind) {
      case 'status':
        return isStatus(status) ? { title: t(`status.${status}`), text: explain(t, { status, ...why }) } : { title: why.message, text: '' }
      case 'logged_out':
        return { title: t('history.loggedOut'), text: reason === 'intentional_logout' ? t('history.loggedOutHere') : t('reason.logged_out') }
      case 'disconnected':
        return { title: t('history.disconnected'), text: explain(t, { status: 'reconnecting', ...why }) }
      case 'pairing':
        return { title: t('history.pairingCode'), text: '' }
      case 'restored':
        return { title: t('history.notRestored'), text: explain(t, { status: 'disconnected', ...why }) }
      case 'error':
        return { title: t('history.error'), text: t(errorKey(entry.code)) }
      default:
        return { title: why.message, text: '' }
    }
  }

  /** @param {Date} at */
  #clock(at) {
    return this.#language.exactMoment(at, new Date(this.#now()))
  }
}

/** The sentence for an error of the server, never its own English words. @param {string | number | null | undefined} code @returns {import('./language.js').SentenceKey} */
function errorKey(code) {
  const key = `error.${code ?? ''}`
  // This one names a time that the history does not know.
  return isSentenceKey(key) && key !== 'error.rate_limited' ? key : 'error.unknown'
}
