import { Block } from './block.js'
import { drawing, element } from './element.js'
import { explain, statusDrawing } from './status-words.js'

/**
 * @typedef {object} ListProps
 * @property {import('./api.js').SessionView[] | null} sessions `null` until they are known
 * @property {string | null} selected
 * @property {boolean} hasFailed the list could not be loaded
 */

/** The companies that an administrator sees, each a link to its session. */
export class SessionList {
  #language
  #count
  #body

  /** @param {import('./language.js').Language} language @param {{ onOpen: (companyId: string) => void, onReload: () => void }} handlers */
  constructor(language, { onOpen, onReload }) {
    this.#language = language
    this.onReload = onReload
    const t = language.translate
    this.#count = new Block(element('span', { class: 'quiet small' }))
    this.#body = new Block(element('div', {}))
    this.root = element(
      'nav',
      { class: 'list card', 'aria-labelledby': 'list-title' },
      element('div', { class: 'list-head' }, element('h2', { id: 'list-title', tabindex: -1 }, t('list.title')), this.#count.root),
      this.#body.root,
      openForm(t, onOpen),
    )
  }

  /** @param {ListProps} props */
  update({ sessions, selected, hasFailed }) {
    const t = this.#language.translate
    const total = sessions?.length ?? 0
    const connected = sessions?.filter(({ is_connected: isConnected }) => isConnected).length ?? 0
    this.#count.show([connected, total], () => (total === 0 ? [] : [document.createTextNode(t('list.count', { connected, total }))]))
    const shown = sessions?.map(({ company_id, status, reason, message }) => ({ company_id, status, reason, message })) ?? null
    this.#body.show([shown, selected, hasFailed], () => {
      if (shown === null) return [hasFailed ? this.#failure() : loadingRows(t)]
      return [shown.length === 0 ? emptyNote(t) : element('ul', { class: 'rows' }, ...shown.map((view) => this.#row(view, selected)))]
    })
  }

  /** @param {Pick<import('./api.js').SessionView, 'company_id' | 'status' | 'reason' | 'message'>} view @param {string | null} selected */
  #row(view, selected) {
    const t = this.#language.translate
    const { company_id: companyId, status } = view
    return element(
      'li',
      {},
      element(
        'a',
        {
          class: 'row',
          href: `#${encodeURIComponent(companyId)}`,
          'aria-current': companyId === selected && 'page',
          'data-focus': `row-${companyId}`,
        },
        element('span', { class: `status-icon small ${status}` }, drawing(statusDrawing(view))),
        element(
          'span',
          { class: 'row-text' },
          element('span', { class: 'row-name' }, companyId),
          element(
            'span',
            { class: 'row-status' },
            element('span', { class: 'row-word' }, t(`status.${status}`)),
            element('span', { class: 'unseen' }, `. ${explain(t, view)}`),
          ),
        ),
      ),
    )
  }

  #failure() {
    const t = this.#language.translate
    return element(
      'div',
      { class: 'note', role: 'alert' },
      element('p', {}, t('error.sessions')),
      element('button', { class: 'button plain', type: 'button', onclick: this.onReload }, t('history.again')),
    )
  }
}

/** @param {import('./language.js').Translate} t */
function emptyNote(t) {
  return element('div', { class: 'note' }, element('p', {}, element('strong', {}, t('list.empty'))), element('p', { class: 'quiet' }, t('list.emptyNote')))
}

/** @param {import('./language.js').Translate} t */
function loadingRows(t) {
  return element(
    'div',
    { class: 'rows', 'aria-busy': 'true' },
    element('span', { class: 'unseen' }, t('page.loading')),
    ...[1, 2, 3].map(() => element('div', { class: 'row' }, element('span', { class: 'ghost round' }), element('span', { class: 'ghost line' }))),
  )
}

/** @param {import('./language.js').Translate} t @param {(companyId: string) => void} onOpen */
function openForm(t, onOpen) {
  const field = element('input', {
    id: 'open-company',
    name: 'company',
    required: true,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: t('list.companyId'),
  })
  return element(
    'form',
    {
      class: 'open-form',
      onsubmit: (event) => {
        event.preventDefault()
        if (field.value.trim() === '') return
        onOpen(field.value.trim())
        field.value = ''
      },
    },
    element('label', { class: 'unseen', for: 'open-company' }, t('list.open')),
    field,
    element('button', { class: 'button plain', type: 'submit' }, t('list.openSubmit')),
  )
}
