import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { SESSION_ERROR_ANSWERS } from '../../examples/express/answers/session-error-answers.js'
import { isSentenceKey, Language, LANGUAGES } from '../../examples/express/public/language.js'
import { SENTENCES } from '../../examples/express/public/sentences.js'
import { explanationKey } from '../../examples/express/public/status-words.js'
import { ALL_STATUS_REASONS, type SessionStatus } from '../../src/status/status-reasons.js'

const PAGE = fileURLToPath(new URL('../../examples/express/public/', import.meta.url))
const STATUSES = Object.keys({
  disconnected: 0,
  connecting: 0,
  pairing: 0,
  connected: 0,
  reconnecting: 0,
  logged_out: 0,
  failed: 0,
} satisfies Record<SessionStatus, 0>)
/** What the example says beside the codes of the library. */
const OWN_CODES = ['rate_limited', 'unauthorized', 'forbidden', 'bad_request', 'closing', 'nothing_to_scan', 'phone_refused']
/** Told with their code, for whoever looks after the server: nobody else can do anything about them. */
const TOLD_BY_CODE = ['internal', 'legacy_session', 'record_corrupt', 'credentials_missing', 'wrong_key']

describe('The sentences of the console', () => {
  it('are there in each language, with the same values to fill in', () => {
    expect(Object.keys(SENTENCES).sort()).toEqual([...LANGUAGES].sort())
    for (const [code, sentences] of Object.entries(SENTENCES)) {
      expect(Object.keys(sentences), code).toEqual(Object.keys(SENTENCES.en))
      for (const key of Object.keys(SENTENCES.en).filter(isSentenceKey)) {
        expect(sentences[key].trim(), `${code} ${key}`).not.toBe('')
        expect(valuesIn(sentences[key]), `${code} ${key}`).toEqual(valuesIn(SENTENCES.en[key]))
      }
    }
  })

  it.each(STATUSES)('name the status %s, and explain it', (status) => {
    expect(isSentenceKey(`status.${status}`)).toBe(true)
    expect(isSentenceKey(`explain.${status}`)).toBe(true)
  })

  it.each(ALL_STATUS_REASONS)('explain the reason %s', (reason) => {
    expect(isSentenceKey(`reason.${reason}`)).toBe(true)
    expect(explanationKey({ status: 'failed', reason })).toBe(`reason.${reason}`)
  })

  it.each(['not_responding', 'reachout_locked', 'message_capped'])('explain %s beside the status, which stays connected', (reason) => {
    expect(explanationKey({ status: 'connected', reason })).toBe(`reason.${reason}`)
  })

  it('explain every error that the server answers with', () => {
    const codes = new Set([...Object.values(SESSION_ERROR_ANSWERS).map(({ code }) => code), ...OWN_CODES])
    for (const code of TOLD_BY_CODE) codes.delete(code)
    expect([...codes].filter((code) => !isSentenceKey(`error.${code}`))).toEqual([])
  })

  it('are used, each of them', () => {
    const code = readdirSync(PAGE)
      .filter((name) => name.endsWith('.js') && !name.startsWith('sentences'))
      .map((name) => readFileSync(`${PAGE}${name}`, 'utf8'))
      .join('\n')
    // These are put together from what the server says.
    const unused = Object.keys(SENTENCES.en).filter((key) => !/^(?:status|explain|reason|advice|error)\./u.test(key) && !code.includes(`'${key}'`))
    expect(unused).toEqual([])
  })

  it('fill in values, and leave a gap visible that nobody filled', () => {
    const { translate } = new Language('pt')
    expect(translate('restore.progress', { done: 1, total: 2 })).toBe('1 de 2')
    expect(translate('restore.progress', { done: 1 })).toBe('1 de {total}')
  })
})

function valuesIn(sentence: string): string[] {
  return (sentence.match(/\{\w+\}/gu) ?? []).sort()
}
