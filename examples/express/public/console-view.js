import { Countdown } from './countdown.js'
import { element } from './element.js'
import { HistoryList } from './history-list.js'
import { askToLogOut } from './logout-dialog.js'
import { OfflineBanner } from './offline-banner.js'
import { PairingPanel } from './pairing-panel.js'
import { RestoreBar } from './restore-bar.js'
import { sinceWhen } from './session-facts.js'
import { SessionList } from './session-list.js'
import { SessionPanel } from './session-panel.js'
import { SimulatedPhone } from './simulated-phone.js'

/** The page of somebody who is signed in: all sessions for an administrator, one for everybody else. */
export class ConsoleView {
  #console
  #countdown = new Countdown()
  /** The next attempt to reach the server goes on while everything else stands still. */
  #retryCountdown = new Countdown()
  #parts
  #session
  #loading
  #choose

  /** @param {import('./language.js').Language} language @param {import('./console.js').Console} console @param {() => number} now */
  constructor(language, console, now) {
    this.#console = console
    const t = language.translate
    const isAdmin = console.me.role === 'admin'
    this.#parts = this.#makeParts(language, now)
    const { offline, restore, panel, pairing, history, list, phone } = this.#parts
    this.#loading = loadingPanel(t)
    this.#choose = element(
      'section',
      { class: 'card padded choose' },
      element('h1', { class: 'choose-title', tabindex: -1, 'data-heading': true }, t('list.choose')),
      element('p', { class: 'quiet' }, t('list.chooseNote')),
    )
    this.#session = element(
      'div',
      { class: 'session-column' },
      isAdmin && element('a', { class: 'back', href: '#' }, t('list.back')),
      panel.root,
      pairing.root,
      phone !== null && element('div', { class: 'phone-place' }, phone.root),
      history.root,
    )
    this.root = element(
      'div',
      { class: `console ${isAdmin ? 'for-admin' : 'for-agent'}${phone === null ? '' : ' with-phone'}` },
      element('div', { class: 'banners' }, offline.root, restore.root),
      isAdmin && list.root,
      this.#loading,
      this.#choose,
      this.#session,
    )
  }

  /** Moves the focus to the current session. */
  focusSession() {
    if (!this.#session.hidden) this.#parts.panel.focus()
  }

  /** Shows what the console knows. */
  update() {
    const { feed, isStale, lastKnownAt, restore, selected, view, me } = this.#console
    const isAdmin = me.role === 'admin'
    this.root.dataset['showing'] = selected === null ? 'list' : 'session'
    this.root.classList.toggle('stale', isStale)
    this.#countdown.pause(isStale)
    this.#parts.offline.update({ isStale, feed, lastKnownAt })
    this.#parts.restore.update(restore)
    if (isAdmin) this.#parts.list.update(() => this.#listed())
    this.#session.hidden = view === undefined
    this.#loading.hidden = view !== undefined || selected === null
    this.#choose.hidden = selected !== null
    if (view !== undefined) this.#updateSession(view)
  }

  #listed() {
    const { book, selected, hasList } = this.#console
    return { sessions: hasList === true ? book.all() : null, selected, hasFailed: hasList === false }
  }

  /** @param {import('./api.js').SessionView} view */
  #updateSession(view) {
    const { busy, problem, book, history, phoneBusy, isStale } = this.#console
    const shown = book.pairing(view.company_id)
    const isPairing = view.status === 'pairing'
    this.#parts.panel.update({
      view,
      since: sinceWhen(view, history.state === 'known' ? history.entries : []),
      busy: busy === 'pairing-code' ? null : busy,
      problem,
      isStale,
    })
    this.#parts.pairing.update(isPairing ? { companyId: view.company_id, pairing: shown, isAsking: busy === 'pairing-code' } : null)
    this.#parts.history.update(view.company_id, history)
    const hasCode = shown.code !== null
    this.#parts.phone?.update({
      view,
      canScan: isPairing && (hasCode || shown.qrSvg !== null),
      hasCode,
      isCut: this.#console.cutNetworks.has(view.company_id),
      busy: phoneBusy,
    })
  }

  /** @param {import('./language.js').Language} language @param {() => number} now */
  #makeParts(language, now) {
    const console = this.#console
    const countdown = this.#countdown
    return {
      offline: new OfflineBanner(language, this.#retryCountdown, () => {
        console.tryNow()
      }),
      restore: new RestoreBar(language),
      list: new SessionList(language, {
        onOpen: (companyId) => {
          location.hash = encodeURIComponent(companyId)
        },
        onReload: () => void console.loadList(),
      }),
      panel: new SessionPanel(language, {
        countdown,
        now,
        onAction: (verb) => void this.#act(language, verb),
        onDismiss: () => {
          console.dismiss()
        },
      }),
      pairing: new PairingPanel(language, { countdown, now, onAskForCode: (number) => void console.change('pairing-code', number) }),
      history: new HistoryList(language, { now, onReload: () => void console.loadHistory() }),
      phone: console.me.simulated && console.me.company_id !== null ? new SimulatedPhone(language, (action) => void console.usePhone(action)) : null,
    }
  }

  /** @param {import('./language.js').Language} language @param {import('./offered-actions.js').Action['verb']} verb */
  async #act(language, verb) {
    const { selected } = this.#console
    if (selected === null) return
    if (verb === 'logout') {
      const isSure = await askToLogOut(language.translate, selected)
      // The button that opened it may be gone by now, and the keyboard focus with it.
      if (document.activeElement === document.body) this.focusSession()
      if (!isSure) return
    }
    await this.#console.change(verb)
  }
}

/** @param {import('./language.js').Translate} t */
function loadingPanel(t) {
  return element(
    'section',
    { class: 'card padded loading', 'aria-busy': 'true' },
    element('span', { class: 'unseen' }, t('page.loading')),
    element('div', { class: 'status-head' }, element('span', { class: 'ghost round large' }), element('span', { class: 'ghost line' })),
    element('span', { class: 'ghost line wide' }),
    element('span', { class: 'ghost line' }),
  )
}
