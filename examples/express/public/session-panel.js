import { Block } from './block.js'
import { setText } from './countdown.js'
import { writtenNumber } from './country-codes.js'
import { details } from './details.js'
import { drawing, element } from './element.js'
import { offeredActions } from './offered-actions.js'
import { failedAttempts, linkedPhone } from './session-facts.js'
import { adviceKey, explain, explainError, statusDrawing } from './status-words.js'

/** @typedef {import('./api.js').SessionView} SessionView */
/** @typedef {import('./offered-actions.js').Action} Action */
/**
 * @typedef {object} PanelProps
 * @property {SessionView} view
 * @property {string} since since when it is as it is
 * @property {Action['verb'] | null} busy what the server was asked and has not answered
 * @property {boolean} isStale the server cannot be reached: nothing can be asked of it
 * @property {import('./api.js').ApiError | null} problem what it refused
 */
/**
 * @typedef {object} PanelOptions
 * @property {import('./countdown.js').Countdown} countdown
 * @property {() => number} now
 * @property {(verb: Action['verb']) => void} onAction
 * @property {() => void} onDismiss
 */

/** The status of a session, why and since when, and what you can do. */
export class SessionPanel {
  #language
  #options
  #company = element('p', { class: 'eyebrow' })
  #heading = element('h1', { class: 'status-title', tabindex: -1, 'data-heading': true })
  #icon
  #words
  #facts
  #problem
  #actions

  /** @param {import('./language.js').Language} language @param {PanelOptions} options */
  constructor(language, options) {
    this.#language = language
    this.#options = options
    const toHeading = () => this.#heading
    this.#icon = new Block(element('div', {}))
    this.#words = new Block(element('div', { class: 'status-words' }))
    this.#facts = new Block(element('dl', { class: 'facts' }))
    this.#problem = new Block(element('div', { role: 'alert' }), toHeading)
    this.#actions = new Block(element('div', { class: 'actions', role: 'group', 'aria-label': language.translate('action.group') }), toHeading)
    this.root = element(
      'section',
      { class: 'session card padded' },
      element('div', { class: 'status-head' }, this.#icon.root, element('div', { class: 'status-names' }, this.#company, this.#heading)),
      this.#words.root,
      this.#facts.root,
      this.#problem.root,
      this.#actions.root,
    )
  }

  /** Where the focus goes when the session opens. */
  focus() {
    this.#heading.focus()
  }

  /** @param {PanelProps} props */
  update({ view, since, busy, problem, isStale }) {
    const t = this.#language.translate
    const { status } = view
    this.root.dataset['status'] = status
    setText(this.#company, view.company_id)
    setText(this.#heading, t(`status.${status}`))
    this.#icon.show([status, statusDrawing(view)], () => [element('div', { class: `status-icon ${status}` }, drawing(statusDrawing(view)))])
    this.#words.show([status, view.reason, view.message], () => this.#sentences(view))
    const facts = {
      phone: linkedPhone(view),
      since: view.reason === 'never_paired' ? null : since,
      attempt: failedAttempts(view),
      nextRetryAt: view.next_retry_at,
      restrictedUntil: view.restricted_until,
    }
    this.#facts.show(facts, () => this.#factRows(facts))
    this.#problem.show(problem === null ? null : [problem.code, problem.retryAfterMs], () => (problem === null ? [] : [this.#refusal(problem)]))
    this.#actions.show([offeredActions(view), busy, isStale], () => offeredActions(view).map((action) => this.#button(action, busy, isStale)))
    this.#actions.root.hidden = offeredActions(view).length === 0
  }

  /** @param {SessionView} view */
  #sentences(view) {
    const t = this.#language.translate
    const advice = adviceKey(view)
    return [element('p', { class: 'why' }, explain(t, view)), advice === null ? null : element('p', { class: 'quiet' }, t(advice))]
  }

  /** @param {{ phone: string | null, since: string | null, attempt: number | null, nextRetryAt: string | null, restrictedUntil: string | null }} facts `since`: `null` if nothing has happened yet */
  #factRows({ phone, since, attempt, nextRetryAt, restrictedUntil }) {
    return [
      nextRetryAt ? this.#fact('fact.nextAttempt', this.#nextAttempt(Date.parse(nextRetryAt)), 'next') : null,
      phone ? this.#fact('fact.phone', element('span', { class: 'figures' }, writtenNumber(phone))) : null,
      since === null ? null : this.#fact('fact.since', this.#since(new Date(since))),
      attempt ? this.#fact('fact.attempt', element('span', { class: 'figures' }, this.#language.number.format(attempt))) : null,
      restrictedUntil
        ? this.#fact('fact.restrictedUntil', element('time', { datetime: restrictedUntil }, this.#language.dayAndTime.format(new Date(restrictedUntil))))
        : null,
    ]
  }

  /** @param {import('./language.js').SentenceKey} name @param {Node} value @param {string} [className] */
  #fact(name, value, className = '') {
    return element('div', { class: `fact ${className}`.trim() }, element('dt', {}, this.#language.translate(name)), element('dd', {}, value))
  }

  /** @param {Date} since */
  #since(since) {
    const { countdown, now } = this.#options
    return countdown.keep(element('time', { class: 'figures', datetime: since.toISOString() }), (time) => {
      const duration = this.#language.duration(Math.max(1, now() - since.getTime()))
      setText(time, this.#language.translate('fact.sinceFor', { time: this.#language.moment(since, new Date(now())), duration }))
    })
  }

  /** @param {number} at */
  #nextAttempt(at) {
    const { countdown, now } = this.#options
    const whole = Math.max(1, at - now())
    const bar = element('span', { class: 'time-bar', 'aria-hidden': 'true' })
    const text = element('span', { class: 'figures', 'data-countdown': true })
    return countdown.keep(element('span', { class: 'next-attempt' }, text, bar), () => {
      const left = at - now()
      bar.style.setProperty('--left', String(Math.max(0, left / whole)))
      setText(text, left > 0 ? this.#language.translate('fact.inTime', { time: this.#language.duration(left) }) : this.#language.translate('fact.now'))
    })
  }

  /** @param {import('./api.js').ApiError} problem */
  #refusal(problem) {
    const t = this.#language.translate
    return element(
      'div',
      { class: 'refusal' },
      element(
        'div',
        {},
        element('strong', {}, t('error.title')),
        element('p', {}, explainError(this.#language, problem)),
        details(t, t('history.code', { code: problem.code }), 'problem-details'),
      ),
      element('button', { class: 'button quiet-button', type: 'button', 'data-focus': 'dismiss', onclick: this.#options.onDismiss }, t('error.dismiss')),
    )
  }

  /** @param {Action} action @param {Action['verb'] | null} busy @param {boolean} isStale */
  #button({ verb, label, weight }, busy, isStale) {
    return element(
      'button',
      {
        class: `button ${weight}`,
        type: 'button',
        'data-focus': verb,
        'data-action': verb,
        'aria-disabled': (busy !== null || isStale) && 'true',
        onclick: () => {
          if (busy === null && !isStale) this.#options.onAction(verb)
        },
      },
      this.#language.translate(busy === verb ? 'action.working' : label),
    )
  }
}
