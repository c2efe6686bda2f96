import { Block } from './block.js'
import { writtenNumber } from './country-codes.js'
import { drawing, element } from './element.js'
import { orderedSessions } from './list-order.js'
import { listTools } from './list-tools.js'
import { linkedPhone } from './session-facts.js'
import { Steady } from './steady.js'
import { explain, statusDrawing } from './status-words.js'

/** A thousand sessions that start change the list a thousand times; nobody reads that fast. */
const DRAW_EVERY_MS = 150

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
  #rows = element('ul', { class: 'rows' })
  /** The rows on the page, and what each shows. @type {Map<string, { key: string, row: HTMLElement }>} */
  #drawn = new Map()
  /** @type {{ search: string, filter: import('./list-order.js').ListFilter }} */
  #wanted = { search: '', filter: 'all' }
  /** @type {() => ListProps} */
  #props = () => ({ sessions: null, selected: null, hasFailed: false })
  #steady = new Steady(() => {
    this.#draw()
  }, DRAW_EVERY_MS)

  /** @param {import('./language.js').Language} language @param {{ onOpen: (companyId: string) => void, onReload: () => void }} handlers */
  constructor(language, { onOpen, onReload }) {
    this.#language = language
    this.onReload = onReload
    const t = language.translate
    this.#count = new Block(element('span', { class: 'quiet small' }))
    this.#body = new Block(element('div', { class: 'list-body' }))
    const tools = listTools(t, (wanted) => {
      this.#wanted = wanted
      this.#draw()
    })
    this.root = element(
      'nav',
      { class: 'list card', 'aria-labelledby': 'list-title' },
      element('div', { class: 'list-head' }, element('h2', { id: 'list-title', tabindex: -1 }, t('list.title')), this.#count.root),
      tools,
      this.#body.root,
      openForm(t, onOpen),
    )
  }

  /** @param {() => ListProps} props asked when it is drawn */
  update(props) {
    this.#props = props
    this.#steady.ask()
  }

  #draw() {
    const t = this.#language.translate
    const { sessions, selected, hasFailed } = this.#props()
    const total = sessions?.length ?? 0
    const connected = sessions?.filter(({ is_connected: isConnected }) => isConnected).length ?? 0
    this.#count.show([connected, total], () => (total === 0 ? [] : [document.createTextNode(t('list.count', { connected, total }))]))
    const shown = orderedSessions(sessions ?? [], this.#wanted)
    const state = sessions === null ? (hasFailed ? 'failed' : 'loading') : total === 0 ? 'empty' : shown.length === 0 ? 'no-match' : 'rows'
    this.#drawRows(shown, selected)
    this.#body.show(state, () => [this.#bodyOf(state)])
  }

  /** @param {'failed' | 'loading' | 'empty' | 'no-match' | 'rows'} state */
  #bodyOf(state) {
    const t = this.#language.translate
    switch (state) {
      case 'failed':
        return this.#failure()
      case 'loading':
        return loadingRows(t)
      case 'empty':
        return emptyNote(t)
      case 'no-match':
        return element('div', { class: 'note', role: 'status' }, element('p', {}, t('list.noMatch')))
      case 'rows':
        return this.#rows
    }
  }

  /** Only what differs is drawn anew, and only what moves is moved: the focus stays. @param {import('./api.js').SessionView[]} shown @param {string | null} selected */
  #drawRows(shown, selected) {
    const drawn = new Map(shown.map((view) => [view.company_id, this.#drawnRow(view, selected)]))
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['focus'] : undefined
    const hadFocus = this.#rows.contains(document.activeElement)
    for (const [companyId, { row }] of this.#drawn) if (drawn.get(companyId)?.row !== row) row.remove()
    let place = this.#rows.firstElementChild
    for (const { row } of drawn.values()) {
      if (row === place) place = place.nextElementSibling
      else this.#rows.insertBefore(row, place)
    }
    this.#drawn = drawn
    if (!hadFocus || this.#rows.contains(document.activeElement)) return
    const again = this.#rows.querySelector(`[data-focus="${CSS.escape(focused ?? '')}"]`) ?? this.root.querySelector('#list-title')
    if (again instanceof HTMLElement) again.focus({ preventScroll: true })
  }

  /** @param {import('./api.js').SessionView} view @param {string | null} selected */
  #drawnRow(view, selected) {
    const key = JSON.stringify([view.status, view.reason, view.message, linkedPhone(view), view.company_id === selected])
    const before = this.#drawn.get(view.company_id)
    return before?.key === key ? before : { key, row: this.#row(view, selected) }
  }

  /** @param {import('./api.js').SessionView} view @param {string | null} selected */
  #row(view, selected) {
    const t = this.#language.translate
    const { company_id: companyId, status } = view
    const phone = linkedPhone(view)
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
          phone !== null && element('span', { class: 'row-phone figures' }, writtenNumber(phone)),
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
