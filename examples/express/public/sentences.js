import { ENGLISH } from './sentences-en.js'
import { SPANISH } from './sentences-es.js'
import { PORTUGUESE } from './sentences-pt.js'

/** @typedef {keyof typeof ENGLISH} SentenceKey */
/** @typedef {'en' | 'pt' | 'es'} LanguageCode */

/** Every sentence on the page, in each language. A test checks that every status and reason of the library is here. @type {Record<LanguageCode, Record<SentenceKey, string>>} */
export const SENTENCES = { en: ENGLISH, pt: PORTUGUESE, es: SPANISH }
