import { Block } from './block.js'
import { setText } from './countdown.js'
import { drawing, element } from './element.js'

const CLOUD_DRAWING = 'M7 18a4 4 0 0 1-.500-8A6 6 0 0 1 18 9.5a4.3 4.3 0 0 1-.500 8.5M4 3l16 18'

/** Says that the page is not live, and when it tries again. It disappears when the page is live. */
export class OfflineBanner {
  #language
  #countdown
  #onTryNow
  #block

  /** @param {import('./language.js').Language} language @param {import('./countdown.js').Countdown} countdown @param {() => void} onTryNow */
  constructor(language, countdown, onTryNow) {
    this.#language = language
    this.#countdown = countdown
    this.#onTryNow = onTryNow
    this.#block = new Block(element('div', { class: 'banner-slot' }))
    this.root = this.#block.root
  }

  /** @param {{ isStale: boolean, feed: import('./events.js').FeedState, lastKnownAt: number | null }} props */
  update({ isStale, feed, lastKnownAt }) {
    this.#block.show(isStale ? [feed, lastKnownAt] : null, () => (isStale ? [this.#banner(feed, lastKnownAt)] : []))
  }

  /** @param {import('./events.js').FeedState} feed @param {number | null} lastKnownAt */
  #banner(feed, lastKnownAt) {
    const t = this.#language.translate
    const next = element('span', { class: 'banner-next' })
    this.#countdown.keep(next, () => {
      setText(next, feed.state === 'waiting' ? t('feed.nextAttempt', { time: this.#language.duration(feed.retryAt - Date.now()) }) : t('feed.attempting'))
    })
    return element(
      'section',
      { class: 'banner', 'aria-label': t('feed.offlineTitle') },
      drawing(CLOUD_DRAWING),
      element(
        'div',
        { class: 'banner-text' },
        element('strong', {}, t('feed.offlineTitle')),
        element('span', {}, t('feed.offlineText')),
        lastKnownAt !== null && this.#lastKnown(new Date(lastKnownAt)),
        next,
      ),
      element('button', { class: 'button plain', type: 'button', 'data-focus': 'try-now', onclick: this.#onTryNow }, t('feed.tryNow')),
    )
  }

  /** @param {Date} at */
  #lastKnown(at) {
    const time = this.#language.exactMoment(at, new Date())
    return element('span', { class: 'figures', 'data-last-known': true }, this.#language.translate('feed.lastKnown', { time }))
  }
}
