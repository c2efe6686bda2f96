/** @typedef {import('./api.js').SessionView} SessionView */
/**
 * @typedef {object} Action
 * @property {'connect' | 'disconnect' | 'logout'} verb what the server is asked
 * @property {import('./language.js').SentenceKey} label
 * @property {'primary' | 'plain' | 'danger'} weight
 */

/** @type {Action} */ const LOGOUT = { verb: 'logout', label: 'action.logout', weight: 'danger' }
/** @type {Action} */ const STOP = { verb: 'disconnect', label: 'action.stop', weight: 'plain' }
/** @type {Action} */ const CANCEL = { verb: 'disconnect', label: 'action.cancel', weight: 'plain' }

/** @param {Action['label']} label @param {Action['weight']} [weight] @returns {Action} */
function connect(label, weight = 'primary') {
  return { verb: 'connect', label, weight }
}

/** Reasons with a linked phone although nothing is connected. */
const LINKED_AT_REST = ['stopped', 'not_running', 'waiting_for_capacity']

/** What a person can do with a session now. @param {SessionView} view @returns {Action[]} */
export function offeredActions(view) {
  if (!view.is_local && view.reason === 'owned_elsewhere') return []
  switch (view.status) {
    case 'connected':
      return [STOP, LOGOUT]
    case 'connecting':
      return [view.phone_number === null ? CANCEL : STOP]
    case 'pairing':
      return [CANCEL]
    case 'reconnecting':
      return [connect('action.reconnect', 'plain'), STOP, LOGOUT]
    case 'logged_out':
      return [connect('action.linkAgain')]
    case 'failed':
      return [connect('action.retry'), LOGOUT]
    case 'disconnected':
      return LINKED_AT_REST.includes(view.reason ?? '') && view.phone_number !== null ? [connect('action.connect'), LOGOUT] : [connect('action.link')]
  }
}
