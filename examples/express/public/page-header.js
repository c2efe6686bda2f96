import { drawing, element } from './element.js'
import { LANGUAGES } from './language.js'
import { Block } from './block.js'

const MARK = 'M7 5h7a5 5 0 0 1 5 5v1a5 5 0 0 1-5 5h-3.5L6 19.5V16a4 4 0 0 1-3-4V9a4 4 0 0 1 4-4zM8.5 9h6M8.5 12h4'
const LANGUAGE_NAMES = { en: 'English', pt: 'Português', es: 'Español' }

/**
 * @typedef {object} HeaderProps
 * @property {import('./api.js').Me | null} me `null` while nobody is signed in
 * @property {'connecting' | 'live' | 'waiting' | null} feed
 */

/** The top of the page: name, how live it is, language, who is signed in. */
export class PageHeader {
  #language
  #feed
  #account
  #handlers

  /** @param {import('./language.js').Language} language @param {{ onLanguage: (code: import('./language.js').LanguageCode) => void, onSignOut: () => void }} handlers */
  constructor(language, handlers) {
    this.#language = language
    this.#handlers = handlers
    this.#feed = new Block(element('div', { class: 'feed-slot' }))
    this.#account = new Block(element('div', { class: 'account-slot' }))
    this.root = element(
      'div',
      { class: 'page-header' },
      element('div', { class: 'brand' }, drawing(MARK, 'icon mark'), element('span', { class: 'brand-name' }, language.translate('page.title'))),
      this.#feed.root,
      element('div', { class: 'header-end' }, this.#languageChoice(), this.#account.root),
    )
  }

  /** @param {HeaderProps} props */
  update({ me, feed }) {
    const t = this.#language.translate
    this.#feed.show(feed, () =>
      feed === null
        ? []
        : [
            element(
              'span',
              { class: `feed ${feed}` },
              element('span', { class: 'feed-dot' }),
              t(feed === 'live' ? 'feed.live' : feed === 'waiting' ? 'feed.offline' : 'feed.connecting'),
            ),
          ],
    )
    this.#account.show(me, () =>
      me === null
        ? []
        : [
            element(
              'span',
              { class: 'account' },
              element('span', { class: 'account-name' }, me.company_id ?? t('page.roleAdmin')),
              me.company_id !== null && element('span', { class: 'account-role' }, t(me.role === 'admin' ? 'page.roleAdmin' : 'page.roleAgent')),
            ),
            element('button', { class: 'button quiet-button', type: 'button', 'data-focus': 'sign-out', onclick: this.#handlers.onSignOut }, t('page.signOut')),
          ],
    )
  }

  #languageChoice() {
    const { code, translate } = this.#language
    return element(
      'div',
      { class: 'languages', role: 'group', 'aria-label': translate('page.language') },
      ...LANGUAGES.map((other) =>
        element(
          'button',
          {
            class: 'language',
            type: 'button',
            lang: other,
            'aria-pressed': String(other === code),
            title: LANGUAGE_NAMES[other],
            'data-focus': `language-${other}`,
            onclick: () => {
              this.#handlers.onLanguage(other)
            },
          },
          element('span', { 'aria-hidden': 'true' }, other.toUpperCase()),
          element('span', { class: 'unseen' }, LANGUAGE_NAMES[other]),
        ),
      ),
    )
  }
}
