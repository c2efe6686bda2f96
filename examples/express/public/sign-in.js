import { drawing, element } from './element.js'
import { explainError } from './status-words.js'
import { ApiError } from './api.js'

const KEY_DRAWING = 'M12 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0zM11 11l8.5 8.5M16 16l2.5-2.5'

/** @typedef {import('./language.js').Language} Language */
/** @typedef {(token: string) => Promise<void>} SignIn */

/**
 * The form that asks for a token; with a simulated WhatsApp, also one button for each demo company.
 * @param {object} options
 * @param {Language} options.language
 * @param {boolean} options.isExpired somebody was signed in until now
 * @param {Promise<import('./api.js').DemoToken[]>} options.demoTokens
 * @param {SignIn} options.signIn
 */
export function signInScreen({ language, isExpired, demoTokens, signIn }) {
  const t = language.translate
  const form = new TokenForm(language, isExpired, signIn)
  const demo = element('section', { class: 'demo', 'aria-labelledby': 'demo-title', hidden: true })
  void demoTokens.then((tokens) => {
    fillDemo(demo, { tokens, t, choose: (token) => void form.attempt(token) })
  })
  return element(
    'section',
    { class: 'sign-in', 'aria-labelledby': 'sign-in-title' },
    element(
      'div',
      { class: 'card padded stack' },
      element('div', { class: 'badge-icon' }, drawing(KEY_DRAWING)),
      element('h1', { id: 'sign-in-title', tabindex: -1, 'data-heading': true }, t('signIn.title')),
      element('p', { class: 'quiet' }, t('signIn.lead')),
      form.root,
      demo,
    ),
  )
}

/** Takes a token, and says why it was not good. */
class TokenForm {
  #language
  #signIn
  #problem
  #field = element('textarea', {
    id: 'token',
    name: 'token',
    rows: 3,
    required: true,
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-describedby': 'sign-in-problem',
    'data-focus': 'token',
  })
  #submit

  /** @param {Language} language @param {boolean} isExpired @param {SignIn} signIn */
  constructor(language, isExpired, signIn) {
    const t = language.translate
    this.#language = language
    this.#signIn = signIn
    this.#problem = element('p', { class: 'problem-line', role: 'alert', id: 'sign-in-problem' }, isExpired && t('signIn.expired'))
    this.#submit = element('button', { class: 'button primary wide', type: 'submit' }, t('signIn.submit'))
    this.root = element(
      'form',
      {
        class: 'stack',
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault()
          void this.attempt(this.#field.value.trim())
        },
      },
      element('label', { for: 'token' }, t('signIn.token')),
      this.#field,
      this.#problem,
      this.#submit,
    )
  }

  /** @param {string} token */
  async attempt(token) {
    if (token === '') {
      this.#refuse(this.#language.translate('signIn.empty'))
      return
    }
    this.#problem.textContent = ''
    this.#submit.setAttribute('aria-disabled', 'true')
    try {
      await this.#signIn(token)
    } catch (error) {
      this.#refuse(explainError(this.#language, error instanceof ApiError ? error : new ApiError('network', 0)))
    } finally {
      this.#submit.removeAttribute('aria-disabled')
    }
  }

  /** @param {string} problem */
  #refuse(problem) {
    this.#problem.textContent = problem
    this.#field.setAttribute('aria-invalid', 'true')
    this.#field.focus()
  }
}

/**
 * @param {HTMLElement} demo
 * @param {{ tokens: import('./api.js').DemoToken[], t: import('./language.js').Translate, choose: (token: string) => void }} options
 */
function fillDemo(demo, { tokens, t, choose }) {
  if (tokens.length === 0) return
  demo.hidden = false
  demo.replaceChildren(
    element('h2', { class: 'eyebrow', id: 'demo-title' }, t('signIn.demo')),
    element(
      'div',
      { class: 'demo-choices' },
      ...tokens.map(({ company_id: companyId, token }) =>
        element(
          'button',
          {
            class: 'button plain',
            type: 'button',
            onclick: () => {
              choose(token)
            },
          },
          companyId ?? t('signIn.demoAdmin'),
        ),
      ),
    ),
    element('p', { class: 'quiet small' }, t('signIn.demoNote')),
  )
}
