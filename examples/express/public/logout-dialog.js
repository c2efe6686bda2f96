import { element } from './element.js'

/** Asks whether to log out, in a dialog that Escape closes. @param {import('./language.js').Translate} t @param {string} company @returns {Promise<boolean>} */
export async function askToLogOut(t, company) {
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'logout-title', 'aria-describedby': 'logout-text' },
    element(
      'form',
      { method: 'dialog', class: 'stack' },
      element('h2', { id: 'logout-title' }, t('logout.title')),
      element('p', { id: 'logout-text' }, t('logout.text', { company })),
      element(
        'div',
        { class: 'dialog-actions' },
        element('button', { class: 'button plain', value: 'keep', autofocus: true }, t('logout.keep')),
        element('button', { class: 'button danger solid', value: 'logout' }, t('logout.confirm')),
      ),
    ),
  )
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'logout')
    })
  })
}
