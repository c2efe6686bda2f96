import { requireLocale, requireOptions, requireTexts } from '../option-checks.js'
import { DEFAULT_STATUS_MESSAGES, type StatusMessages, type StatusSentences } from '../status/status-reasons.js'

const NAMES = ['locale', ...Object.keys(DEFAULT_STATUS_MESSAGES)]
const SENTENCES = Object.keys({ message: 0, atRest: 0, beforeConnected: 0 } satisfies Record<keyof StatusSentences, 0>)

/** Checks the option `messages`. Throws `TypeError` or `RangeError` naming what is wrong. */
export function resolveMessages(messages: StatusMessages = {}): StatusMessages {
  requireOptions('messages', messages, NAMES)
  const { locale, ...sentences } = messages
  for (const [key, sentence] of Object.entries(sentences)) {
    if (typeof sentence === 'object') requireSentences(`messages.${key}`, sentence)
    else requireTexts('messages', { [key]: sentence })
  }
  if (locale !== undefined) requireLocale('messages.locale', locale)
  return messages
}

function requireSentences(name: string, sentences: Partial<StatusSentences>): void {
  requireOptions(name, sentences, SENTENCES)
  requireTexts(name, { ...sentences, message: sentences.message ?? null })
}
