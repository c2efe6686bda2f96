import { element } from './element.js'

/** What only the person who runs the server needs, folded away. @param {import('./language.js').Translate} t @param {string} text @param {string} name keeps the focus when the part is drawn anew */
export function details(t, text, name) {
  return element(
    'details',
    { class: 'details small' },
    element('summary', { 'data-focus': name }, t('details.show')),
    element('span', { class: 'quiet' }, text),
  )
}
