import { Block } from './block.js'
import { drawing, element } from './element.js'

const SCAN_DRAWING = 'M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M4 12h16'
const LINK_DRAWING = 'M9 15l6-6M10 6.5l1.5-1.5a4 4 0 0 1 6 6L16 12.5M8 11.5L6.5 13a4 4 0 0 0 6 6l1.5-1.5'
const CUT_DRAWING = 'M4 9.5a12 12 0 0 1 16 0M7 13a8 8 0 0 1 10 0M10 16.5a4 4 0 0 1 4 0M12 19.5v.1M4 3l16 18'
const NETWORK_DRAWING = 'M4 9.5a12 12 0 0 1 16 0M7 13a8 8 0 0 1 10 0M10 16.5a4 4 0 0 1 4 0M12 19.5v.100'

/** @typedef {'scan' | 'unlink' | 'cut-network' | 'restore-network'} PhoneAction */
/**
 * @typedef {object} PhoneProps
 * @property {import('./api.js').SessionView} view
 * @property {boolean} canScan there is a QR code to scan, or a pairing code to enter
 * @property {boolean} hasCode it is a pairing code
 * @property {boolean} isCut its network was cut here
 * @property {PhoneAction | null} busy
 */

/** With a simulated WhatsApp: what a person would do on the phone. */
export class SimulatedPhone {
  #language
  #onAction
  #block

  /** @param {import('./language.js').Language} language @param {(action: PhoneAction) => void} onAction */
  constructor(language, onAction) {
    this.#language = language
    this.#onAction = onAction
    this.#block = new Block(element('div', { class: 'phone-body' }))
    const t = language.translate
    this.root = element(
      'aside',
      { class: 'phone', 'aria-labelledby': 'phone-title' },
      element('div', { class: 'phone-speaker', 'aria-hidden': 'true' }),
      element('h2', { id: 'phone-title' }, t('phone.title')),
      element('p', { class: 'quiet small' }, t('phone.note')),
      this.#block.root,
    )
  }

  /** @param {PhoneProps} props */
  update({ view, canScan, hasCode, isCut, busy }) {
    const t = this.#language.translate
    const isLinked = view.phone_number !== null && view.status !== 'logged_out' && view.status !== 'pairing'
    this.#block.show([view.company_id, isLinked, canScan, hasCode, isCut, busy], () => [
      element(
        'div',
        { class: `phone-screen${isLinked ? ' linked' : ''}` },
        drawing(LINK_DRAWING),
        element('span', {}, isLinked ? t('phone.linked', { company: view.company_id }) : t('phone.notLinked')),
      ),
      this.#button('scan', hasCode ? t('phone.enterCode') : t('phone.scan'), { canPress: canScan, busy, icon: SCAN_DRAWING, isMain: true }),
      this.#button('unlink', t('phone.unlink'), { canPress: isLinked, busy, icon: LINK_DRAWING }),
      element(
        'div',
        { class: 'phone-network', role: 'group', 'aria-label': t('phone.network') },
        this.#button('cut-network', t('phone.cutNetwork'), { canPress: true, busy, icon: CUT_DRAWING, isPressed: isCut }),
        this.#button('restore-network', t('phone.restoreNetwork'), { canPress: true, busy, icon: NETWORK_DRAWING }),
      ),
    ])
  }

  /** @param {PhoneAction} action @param {string} label @param {{ canPress: boolean, busy: PhoneAction | null, icon: string, isMain?: boolean, isPressed?: boolean }} options */
  #button(action, label, { canPress, busy, icon, isMain = false, isPressed }) {
    const isOff = !canPress || busy !== null
    return element(
      'button',
      {
        class: `button ${isMain ? 'primary' : 'plain'} wide`,
        type: 'button',
        'data-focus': `phone-${action}`,
        'data-action': action,
        'aria-disabled': isOff && 'true',
        'aria-pressed': isPressed !== undefined && String(isPressed),
        onclick: () => {
          if (!isOff) this.#onAction(action)
        },
      },
      drawing(icon),
      label,
    )
  }
}
