import { drawing, element } from './element.js'
import { explainError } from './status-words.js'
import { ApiError } from './api.js'

const KEY_DRAWING = 'M12 8a4 4 0 1 1-8 0a4 4 0 0 1 8 0zM11 11l8.5 8.5M16 16l2.5-2.5'

/**
 * The form that asks for a token; with a simulated WhatsApp, also one button for each demo company.
 * @param {object} options
 * @param {import('./language.js').Language} options.language
 * @param {boolean} options.isExpired somebody was signed in until now
 * @param {Promise<import('./api.js').DemoToken[]>} options.demoTokens
 * @param {(token: string) => Promise<void>} options.signIn
 */
export function signInScreen({ language, isExpired, demoTokens, signIn }) {
  const t = language.translate
  const problem = element('p', { class: 'problem-line', role: 'alert', id: 'sign-in-problem' }, isExpired && t('signIn.expired'))
  const field = element('textarea', {
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
  const submit = element('button', { class: 'button primary wide', type: 'submit' }, t('signIn.submit'))
  const demo = element('section', { class: 'demo', 'aria-labelledby': 'demo-title', hidden: true })

  /** @param {string} token */
  const attempt = async (token) => {
    if (token === '') {
      problem.textContent = t('signIn.empty')
      field.setAttribute('aria-invalid', 'true')
      field.focus()
      return
    }
    problem.textContent = ''
    submit.setAttribute('aria-disabled', 'true')
    try {
      await signIn(token)
    } catch (error) {
      problem.textContent = explainError(language, error instanceof ApiError ? error : new ApiError('network', 0))
      field.setAttribute('aria-invalid', 'true')
      field.focus()
    } finally {
      submit.removeAttribute('aria-disabled')
    }
  }

  const form = element(
    'form',
    {
      class: 'stack',
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault()
        void attempt(field.value.trim())
      },
    },
    element('label', { for: 'token' }, t('signIn.token')),
    field,
    problem,
    submit,
  )
  void demoTokens.then((tokens) => {
    fillDemo(demo, { tokens, t, choose: (token) => void attempt(token) })
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
      form,
      demo,
    ),
  )
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
