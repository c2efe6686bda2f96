import { Announcer } from './announcer.js'
import { Api, ApiError } from './api.js'
import { Console } from './console.js'
import { ConsoleView } from './console-view.js'
import { element } from './element.js'
import { HistoryKeeping } from './history-keeping.js'
import { Language } from './language.js'
import { PageHeader } from './page-header.js'
import { ServerClock } from './server-clock.js'
import { signInScreen } from './sign-in.js'
import { explain, explainError } from './status-words.js'

/** Whether somebody signed in here before. No script can read the token, and asking the server only to be refused is a bad start. */
const SIGNED_IN_AS = 'signed-in'

/** @typedef {{ screen: 'loading' } | { screen: 'sign-in', isExpired: boolean } | { screen: 'no-answer', error: ApiError } | { screen: 'console', console: Console }} Scene */

/** The whole page: which screen is shown, and in which language. */
export class App {
  #clock = new ServerClock()
  #api = new Api(this.#clock)
  #language = Language.preferred()
  #places
  #announcer
  /** @type {Scene} */
  #scene = { screen: 'loading' }
  /** @type {ConsoleView | null} */
  #view = null
  #header
  /** The focus waits in the main part for a heading that is not there yet. */
  #awaitsHeading = false

  /** @param {{ header: HTMLElement, main: HTMLElement, announcements: HTMLElement, skip: HTMLElement }} places */
  constructor(places) {
    this.#places = places
    this.#announcer = new Announcer(places.announcements)
    this.#header = this.#makeHeader()
    window.addEventListener('hashchange', () => {
      this.#followAddress()
    })
    // Not through the address: it names the company that an administrator is looking at.
    places.skip.addEventListener('click', (event) => {
      event.preventDefault()
      places.main.focus()
    })
    window.addEventListener('online', () => {
      if (this.#scene.screen === 'console') this.#scene.console.tryNow()
    })
  }

  async start() {
    this.#drawAll()
    if (localStorage.getItem(SIGNED_IN_AS) === null) this.#show({ screen: 'sign-in', isExpired: false })
    else await this.#enter()
  }

  async #enter() {
    try {
      this.#openConsole(await this.#api.me())
    } catch (error) {
      const problem = error instanceof ApiError ? error : new ApiError('unknown', 0)
      if (problem.status === 401) this.#signedOut(true)
      else this.#show({ screen: 'no-answer', error: problem })
    }
  }

  /** @param {import('./api.js').Me} me */
  #openConsole(me) {
    localStorage.setItem(SIGNED_IN_AS, 'yes')
    const console = new Console(this.#api, me, {
      onChange: () => {
        this.#update()
      },
      onSignedOut: () => {
        this.#signedOut(true)
      },
      onStatus: (view) => {
        this.#announceStatus(view)
      },
      onPairing: (pairing, before) => {
        this.#announcePairing(pairing, before)
      },
      onRestored: (progress) => {
        this.#announcer.say(this.#language.translate('restore.finished', { ...progress, finished: '' }))
      },
      onFeed: (isLive) => {
        this.#announcer.say(this.#language.translate(isLive ? 'feed.back' : 'feed.offlineTitle'))
      },
    })
    this.#show({ screen: 'console', console })
    console.open()
    this.#followAddress()
  }

  /** @param {string} token */
  async #signIn(token) {
    await this.#api.signIn(token)
    this.#openConsole(await this.#api.me())
    this.#focusHeading()
  }

  async #signOut() {
    await this.#api.signOut().catch(() => undefined)
    this.#signedOut(false)
  }

  /** @param {boolean} isExpired */
  #signedOut(isExpired) {
    localStorage.removeItem(SIGNED_IN_AS)
    new HistoryKeeping(sessionStorage).forget()
    if (location.hash !== '') history.replaceState(null, '', location.pathname)
    this.#show({ screen: 'sign-in', isExpired })
    this.#focusHeading()
  }

  /** The company in the address, for administrators; everybody else has one. */
  #followAddress() {
    if (this.#scene.screen !== 'console') return
    const { console } = this.#scene
    const named = companyInAddress()
    console.select(console.me.role === 'admin' ? named : console.me.company_id)
    if (console.me.role === 'admin' && named !== null) this.#view?.focusSession()
  }

  /** @param {Scene} scene */
  #show(scene) {
    if (this.#scene.screen === 'console') this.#scene.console.close()
    this.#scene = scene
    this.#drawAll()
  }

  /** @param {import('./language.js').LanguageCode} code */
  #speak(code) {
    const focus = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['focus'] : undefined
    this.#language = new Language(code)
    this.#language.remember()
    this.#drawAll()
    const again = document.querySelector(`[data-focus="${CSS.escape(focus ?? '')}"]`)
    if (again instanceof HTMLElement) again.focus()
  }

  #drawAll() {
    const t = this.#language.translate
    document.documentElement.lang = this.#language.locale
    document.title = t('page.title')
    this.#places.skip.textContent = t('page.skip')
    this.#header = this.#makeHeader()
    this.#places.header.replaceChildren(this.#header.root)
    this.#view = this.#scene.screen === 'console' ? new ConsoleView(this.#language, this.#scene.console, () => this.#clock.now()) : null
    this.#places.main.replaceChildren(this.#view?.root ?? this.#screen())
    this.#update()
  }

  #screen() {
    const language = this.#language
    const scene = this.#scene
    switch (scene.screen) {
      case 'sign-in':
        return signInScreen({ language, isExpired: scene.isExpired, demoTokens: this.#api.demoTokens(), signIn: (token) => this.#signIn(token) })
      case 'no-answer':
        return element(
          'section',
          { class: 'card padded choose' },
          element('h1', { class: 'choose-title', tabindex: -1, 'data-heading': true }, language.translate('error.title')),
          element('p', {}, explainError(language, scene.error)),
          element('button', { class: 'button primary', type: 'button', onclick: () => void this.#enter() }, language.translate('feed.tryNow')),
        )
      default:
        return element('p', { class: 'starting quiet', role: 'status' }, language.translate('page.loading'))
    }
  }

  #makeHeader() {
    return new PageHeader(this.#language, {
      onLanguage: (code) => {
        this.#speak(code)
      },
      onSignOut: () => void this.#signOut(),
    })
  }

  #update() {
    const console = this.#scene.screen === 'console' ? this.#scene.console : null
    this.#header.update({
      me: console?.me ?? null,
      feed: console === null ? null : console.isStale ? 'waiting' : console.feed.state,
    })
    this.#view?.update()
    if (!this.#awaitsHeading) return
    if (document.activeElement === this.#places.main) this.#focusHeading()
    else this.#awaitsHeading = false
  }

  /** @param {import('./api.js').SessionView} view */
  #announceStatus(view) {
    const t = this.#language.translate
    this.#announcer.say(t('announce.status', { company: view.company_id, status: t(`status.${view.status}`), sentence: explain(t, view) }))
  }

  /** A new QR code every minute is not news; the first one and a pairing code are. @param {import('./session-book.js').PairingShown} pairing @param {import('./session-book.js').PairingShown} before */
  #announcePairing({ qrSvg, code }, before) {
    const t = this.#language.translate
    if (code !== null && code.text !== before.code?.text) this.#announcer.say(t('announce.code', { code: code.text.split('').join(' ') }))
    else if (qrSvg !== null && before.qrSvg === null) this.#announcer.say(t('announce.qr'))
  }

  /** The heading that is shown; the main part until there is one, unless somebody moves on meanwhile. */
  #focusHeading() {
    const headings = [...this.#places.main.querySelectorAll('[data-heading]')]
    const heading = headings.find((found) => found.checkVisibility())
    const target = heading instanceof HTMLElement ? heading : this.#places.main
    target.focus()
    this.#awaitsHeading = target === this.#places.main
  }
}

function companyInAddress() {
  try {
    return location.hash.length > 1 ? decodeURIComponent(location.hash.slice(1)) : null
  } catch {
    return null
  }
}
