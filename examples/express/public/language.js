import { SENTENCES } from './sentences.js'

/** @typedef {import('./sentences.js').SentenceKey} SentenceKey */
/** @typedef {import('./sentences.js').LanguageCode} LanguageCode */
/** @typedef {(key: SentenceKey, values?: Record<string, string | number>) => string} Translate */

const LOCALES = { en: 'en', pt: 'pt-BR', es: 'es' }
const REMEMBERED_AS = 'language'

/** @type {readonly LanguageCode[]} */
export const LANGUAGES = ['en', 'pt', 'es']

/** @param {string} key @returns {key is SentenceKey} */
export function isSentenceKey(key) {
  return Object.hasOwn(SENTENCES.en, key)
}

/**
 * The language that a person wants: the one chosen before, else the browser's first one that we have, else English.
 * @param {string | null} chosen @param {readonly string[]} preferred @returns {LanguageCode}
 */
export function pickLanguage(chosen, preferred) {
  const wanted = [chosen ?? '', ...preferred].map((name) => name.toLowerCase().split('-')[0])
  for (const name of wanted) {
    const found = LANGUAGES.find((code) => code === name)
    if (found !== undefined) return found
  }
  return 'en'
}

/** The words, dates and times of one language. */
export class Language {
  /** @param {LanguageCode} code */
  constructor(code) {
    this.code = code
    this.locale = LOCALES[code]
    this.regions = new Intl.DisplayNames(this.locale, { type: 'region' })
    this.number = new Intl.NumberFormat(this.locale)
    this.clockTime = new Intl.DateTimeFormat(this.locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    this.clockTimeExactly = new Intl.DateTimeFormat(this.locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
    this.dayAndTime = new Intl.DateTimeFormat(this.locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  }

  /** The language that this person wants. */
  static preferred() {
    return new Language(pickLanguage(localStorage.getItem(REMEMBERED_AS), navigator.languages))
  }

  /** Uses this language from now on, and next time. */
  remember() {
    localStorage.setItem(REMEMBERED_AS, this.code)
  }

  /** @type {Translate} */
  translate = (key, values = {}) =>
    SENTENCES[this.code][key].replaceAll(/\{(\w+)\}/gu, (whole, /** @type {string} */ name) => this.#written(values[name] ?? whole))

  /** @param {string | number} value */
  #written(value) {
    return typeof value === 'number' ? this.number.format(value) : value
  }

  /** A time of today by the clock, an older one with its day. @param {Date} at @param {Date} now */
  moment(at, now) {
    return (at.toDateString() === now.toDateString() ? this.clockTime : this.dayAndTime).format(at)
  }

  /** The same, to the second. @param {Date} at @param {Date} now */
  exactMoment(at, now) {
    return (at.toDateString() === now.toDateString() ? this.clockTimeExactly : this.dayAndTime).format(at)
  }

  /** A duration in at most two units, rounded up: it ends with 1 s, not with 0 s. @param {number} durationMs */
  duration(durationMs) {
    const total = Math.max(0, Math.ceil(durationMs / 1000))
    const seconds = total % 60
    const minutes = Math.floor(total / 60) % 60
    const hours = Math.floor(total / 3600)
    if (total < 60) return this.#units([seconds, 'second'])
    if (total < 600 && seconds > 0) return this.#units([minutes, 'minute'], [seconds, 'second'])
    if (hours < 1) return this.#units([minutes, 'minute'])
    if (hours < 24) return this.#units([hours, 'hour'], [minutes, 'minute'])
    return this.#units([Math.floor(hours / 24), 'day'], [hours % 24, 'hour'])
  }

  /** @param {...[number, 'second' | 'minute' | 'hour' | 'day']} parts */
  #units(...parts) {
    return parts.map(([count, unit]) => new Intl.NumberFormat(this.locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count)).join(' ')
  }
}
