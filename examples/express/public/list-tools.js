import { element } from './element.js'

/** @typedef {import('./list-order.js').ListFilter} ListFilter */

/** @type {readonly { value: ListFilter, label: import('./language.js').SentenceKey }[]} */
const FILTERS = [
  { value: 'all', label: 'list.filterAll' },
  { value: 'problems', label: 'list.filterProblems' },
  { value: 'connected', label: 'list.filterConnected' },
]

/** What an administrator looks for in the list. @param {import('./language.js').Translate} t @param {(wanted: { search: string, filter: ListFilter }) => void} onChange */
export function listTools(t, onChange) {
  const changed = () => {
    onChange({ search: search.value, filter: FILTERS.find(({ value }) => value === filter.value)?.value ?? 'all' })
  }
  const search = element('input', {
    id: 'list-search',
    type: 'search',
    autocomplete: 'off',
    placeholder: t('list.search'),
    'data-focus': 'list-search',
    oninput: changed,
  })
  const filter = element(
    'select',
    { id: 'list-filter', 'data-focus': 'list-filter', onchange: changed },
    ...FILTERS.map(({ value, label }) => element('option', { value }, t(label))),
  )
  return element(
    'div',
    { class: 'list-tools', role: 'search' },
    element('label', { class: 'unseen', for: 'list-search' }, t('list.search')),
    search,
    element('label', { class: 'unseen', for: 'list-filter' }, t('list.filter')),
    filter,
  )
}
