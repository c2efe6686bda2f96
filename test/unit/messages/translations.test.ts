import { describe, expect, it } from 'vitest'
import spanish from '../../../src/messages/es.js'
import portuguese from '../../../src/messages/pt-br.js'
import {
  DEFAULT_STATUS_MESSAGES,
  describeStatus,
  type MessageKey,
  STATUS_REASONS,
  type StatusReasonFacts,
  type StatusSentences,
  type StatusTranslation,
} from '../../../src/status/status-reasons.js'

const TRANSLATIONS: readonly (readonly [string, StatusTranslation])[] = [
  ['Brazilian Portuguese', portuguese],
  ['Spanish', spanish],
]
// The table is typed by its keys.
const KEYS = Object.keys(DEFAULT_STATUS_MESSAGES) as MessageKey[]

function english(key: MessageKey): StatusSentences {
  const facts: Readonly<Record<string, StatusReasonFacts | undefined>> = STATUS_REASONS
  return facts[key] ?? { message: DEFAULT_STATUS_MESSAGES[key] }
}

function all({ message, atRest, beforeConnected }: StatusSentences): (string | undefined)[] {
  return [message, atRest, beforeConnected]
}

function placeholders(sentence: string | undefined): string[] | undefined {
  return sentence?.match(/\{\w+\}/gu)?.sort() ?? (sentence === undefined ? undefined : [])
}

describe.each(TRANSLATIONS)('the sentences in %s', (_, translation) => {
  it.each(KEYS)('%s has as many sentences as the English one, with the same placeholders', (key) => {
    const given = translation[key]
    const sentences = typeof given === 'string' ? { message: given } : given
    expect(all(sentences).map(placeholders)).toEqual(all(english(key)).map(placeholders))
    for (const sentence of all(sentences)) if (sentence !== undefined) expect(sentence).toMatch(/^[\p{Lu}].*\.$/u)
  })

  it('has nothing else, and nothing left in English', () => {
    expect(Object.keys(translation).sort()).toEqual(['locale', ...KEYS].sort())
    expect(KEYS.filter((key) => translation[key] === DEFAULT_STATUS_MESSAGES[key])).toEqual([])
  })

  it('promises no other attempt once the session is at rest', () => {
    const said = describeStatus('failed', 'storage_unavailable', translation)
    expect(said).not.toBe(describeStatus('reconnecting', 'storage_unavailable', translation))
    expect(describeStatus('reconnecting', 'connection_lost', translation, { wasConnected: false })).not.toBe(
      describeStatus('reconnecting', 'connection_lost', translation, { wasConnected: true }),
    )
  })
})

it('writes a moment in the form of its readers, and in UTC', () => {
  const until = new Date('2027-01-15T08:00:00Z')
  const inLanguage = (locale?: string): string =>
    describeStatus('failed', 'restricted', { restricted: '{until}', ...(locale === undefined ? {} : { locale }) }, { until })
  expect(inLanguage()).toBe('2027-01-15 08:00 UTC')
  expect(inLanguage('pt-BR')).toBe('15/01/2027, 08:00 UTC')
  expect(inLanguage('es')).toBe('15/01/2027, 08:00 UTC')
  expect(describeStatus('failed', 'restricted', { restricted: '{until}', locale: 'es' })).toBe('?')
})
