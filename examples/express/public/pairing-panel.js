import { Block } from './block.js'
import { countryOf, writtenNumber } from './country-codes.js'
import { setText } from './countdown.js'
import { element } from './element.js'
import { phoneNumberDigits } from './phone-number.js'
import { qrPicture } from './qr-picture.js'

/** @typedef {'qr' | 'code'} Method */
/** @typedef {{ companyId: string, pairing: import('./session-book.js').PairingShown, isAsking: boolean }} PairingProps `isAsking`: a code was asked for and is not there yet */
/**
 * @typedef {object} PairingOptions
 * @property {import('./countdown.js').Countdown} countdown
 * @property {() => number} now
 * @property {(phoneNumber: string) => void} onAskForCode
 */

/** The ways to link a phone: a QR code to scan, or a pairing code to enter, each with its time left. */
export class PairingPanel {
  #language
  #options
  #body
  /** @type {Method | null} */
  #chosen = null
  #phoneNumber = ''
  /** @type {PairingProps | null} */
  #props = null

  /** @param {import('./language.js').Language} language @param {PairingOptions} options */
  constructor(language, options) {
    this.#language = language
    this.#options = options
    this.#body = new Block(element('div', { class: 'pairing-body' }))
    this.root = element(
      'section',
      { class: 'linking card padded', 'aria-label': language.translate('pairing.title'), hidden: true },
      this.#methods(),
      this.#body.root,
    )
  }

  /** @param {PairingProps | null} props `null` while there is nothing to link */
  update(props) {
    this.#props = props
    this.root.hidden = props === null
    if (props === null) {
      this.#chosen = null
      return
    }
    const method = this.#method(props)
    for (const radio of this.root.querySelectorAll('input[type=radio]')) if (radio instanceof HTMLInputElement) radio.checked = radio.value === method
    this.#body.show([method, props], () => (method === 'qr' ? this.#byQr(props) : this.#byCode(props)))
  }

  /** @param {PairingProps} props @returns {Method} */
  #method({ pairing }) {
    return this.#chosen ?? (pairing.code === null ? 'qr' : 'code')
  }

  #methods() {
    const t = this.#language.translate
    return element(
      'fieldset',
      { class: 'methods' },
      element('legend', { class: 'unseen' }, t('pairing.method')),
      .../** @type {const} */ (['qr', 'code']).map((method) =>
        element(
          'label',
          { class: 'method' },
          element('input', {
            type: 'radio',
            name: 'pairing-method',
            value: method,
            onchange: () => {
              this.#choose(method)
            },
          }),
          element('span', {}, t(method === 'qr' ? 'pairing.byQr' : 'pairing.byCode')),
        ),
      ),
    )
  }

  /** @param {Method} method */
  #choose(method) {
    this.#chosen = method
    this.update(this.#props)
  }

  /** @param {PairingProps} props */
  #byQr({ companyId, pairing: { qrSvg } }) {
    const t = this.#language.translate
    return [
      element(
        'div',
        { class: 'pairing-columns' },
        element(
          'div',
          { class: 'code-side' },
          qrSvg === null
            ? element(
                'div',
                { class: 'qr-frame waiting', role: 'status' },
                element('span', { class: 'ghost qr-ghost' }),
                element('span', { class: 'quiet small' }, t('pairing.waitingForQr')),
              )
            : element('div', { class: 'qr-frame' }, qrPicture(qrSvg.text, t('pairing.qrAlternative', { company: companyId }))),
          qrSvg !== null && this.#timeLeft(qrSvg.expiresAt),
        ),
        this.#steps('pairing.step3'),
      ),
    ]
  }

  /** @param {PairingProps} props */
  #byCode({ pairing: { code }, isAsking }) {
    return [
      element(
        'div',
        { class: 'pairing-columns' },
        element('div', { class: 'code-side' }, ...(code === null ? [this.#numberForm(isAsking)] : [this.#codeShown(code), this.#timeLeft(code.expiresAt)])),
        this.#steps('pairing.codeStep3'),
      ),
    ]
  }

  /** @param {boolean} isAsking */
  #numberForm(isAsking) {
    const t = this.#language.translate
    const problem = element('p', { class: 'problem-line', role: 'alert', id: 'number-problem' })
    const field = this.#numberField()
    return element(
      'form',
      {
        class: 'stack',
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault()
          const digits = phoneNumberDigits(field.value)
          const isGood = digits !== null
          field.setAttribute('aria-invalid', String(!isGood))
          problem.textContent = isGood ? '' : t('pairing.phoneNumberWrong')
          if (isGood && !isAsking) this.#options.onAskForCode(digits)
          else field.focus()
        },
      },
      element('label', { for: 'phone-number' }, t('pairing.phoneNumber')),
      field,
      element('p', { class: 'quiet small', id: 'number-hint' }, t('pairing.phoneNumberHint')),
      problem,
      element(
        'button',
        { class: 'button primary', type: 'submit', 'data-focus': 'get-code', 'aria-disabled': isAsking && 'true' },
        t(isAsking ? 'action.working' : 'pairing.getCode'),
      ),
    )
  }

  /** What is typed stays when the panel is drawn anew. */
  #numberField() {
    const field = element('input', {
      id: 'phone-number',
      type: 'tel',
      inputmode: 'tel',
      autocomplete: 'tel',
      required: true,
      value: this.#phoneNumber,
      'aria-describedby': 'number-hint number-problem',
      'data-focus': 'phone-number',
      oninput: () => {
        this.#phoneNumber = field.value
      },
    })
    return field
  }

  /** @param {import('./session-book.js').CodeShown} shown */
  #codeShown({ text: code, phoneNumber }) {
    const t = this.#language.translate
    const copy = element(
      'button',
      {
        class: 'button plain',
        type: 'button',
        'data-focus': 'copy',
        onclick: () => {
          void navigator.clipboard.writeText(code).then(
            () => {
              copy.textContent = t('pairing.copied')
            },
            () => undefined,
          )
        },
      },
      t('pairing.copy'),
    )
    return element(
      'div',
      { class: 'code-shown' },
      element('p', { class: 'eyebrow' }, t('pairing.code')),
      element(
        'p',
        { class: 'code' },
        element('span', { 'aria-hidden': 'true' }, `${code.slice(0, 4)}-${code.slice(4)}`),
        element('span', { class: 'unseen', id: 'pairing-code' }, code.split('').join(' ')),
      ),
      phoneNumber !== null && this.#forNumber(phoneNumber),
      'clipboard' in navigator && copy,
    )
  }

  /** Whoever mistyped the number, or its country code, sees it here. @param {string} phoneNumber */
  #forNumber(phoneNumber) {
    const { translate: t, regions } = this.#language
    const country = countryOf(phoneNumber)
    return element(
      'div',
      { class: 'code-number' },
      element('p', { class: 'figures' }, t('pairing.forNumber', { number: writtenNumber(phoneNumber) })),
      country !== null &&
        element('p', { class: 'quiet small' }, t('pairing.countryCode', { code: country.code, country: regions.of(country.region) ?? country.region })),
    )
  }

  /** @param {import('./language.js').SentenceKey} last */
  #steps(last) {
    const t = this.#language.translate
    return element(
      'div',
      { class: 'steps-side' },
      element(
        'ol',
        { class: 'steps' },
        .../** @type {const} */ (['pairing.step1', 'pairing.step2']).map((key) => element('li', {}, t(key))),
        element('li', {}, t(last)),
      ),
      element('p', { class: 'quiet small' }, t('pairing.secret')),
    )
  }

  /** @param {number | null} expiresAt */
  #timeLeft(expiresAt) {
    if (expiresAt === null) return null
    const { countdown, now } = this.#options
    const whole = Math.max(1, expiresAt - now())
    const bar = element('span', { class: 'time-bar', 'aria-hidden': 'true' })
    const text = element('span', {})
    return countdown.keep(element('p', { class: 'time-left small' }, bar, text), () => {
      const left = expiresAt - now()
      bar.style.setProperty('--left', String(Math.max(0, left / whole)))
      setText(
        text,
        left > 0 ? this.#language.translate('pairing.timeLeft', { time: this.#language.duration(left) }) : this.#language.translate('pairing.renewing'),
      )
    })
  }
}
