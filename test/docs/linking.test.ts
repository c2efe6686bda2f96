import { describe, expect, it } from 'vitest'
import { requirePhoneNumber } from '../../src/session/session-arguments.js'
import { wordsOf } from './declarations.js'
import { exploreMachine } from './explore-machine.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/linking.md')
const refusals = tableOf(page, 'what you see', 'status and reason, or error', 'what it means', 'what to do').rows.map(([, cell = '']) => codeIn(cell))

/** Why a session may be at rest although nobody refused to link it. */
const NO_REFUSAL = [
  'never_paired',
  'not_running',
  'stopped',
  'pairing_incomplete',
  'owned_elsewhere',
  'storage_unavailable',
  'retries_exhausted',
  'socket_failed',
]

describe('docs/linking.md', () => {
  it('says which numbers are taken', () => {
    const { rows } = tableOf(page, 'the number', 'taken?', 'why')
    const isTaken = (number: string): boolean => {
      try {
        return requirePhoneNumber(number) !== ''
      } catch {
        return false
      }
    }
    const told = rows.flatMap(([numbers = '', taken = '']) => codeIn(numbers).map((number) => [number, taken === 'yes']))
    expect(told.length).toBeGreaterThan(6)
    expect(told).toEqual(told.map(([number]) => [number, isTaken(String(number))]))
  })

  it('has every refusal, with its status', () => {
    const { standings } = exploreMachine()
    const shown = standings.map(({ status, reason }) => `${status} ${reason ?? ''}`)
    const codes = wordsOf('src/errors.ts', 'SessionErrorCode')
    const told = refusals
      .map((words) => (words.length === 1 ? words : [0, 2].slice(0, words.length / 2).map((index) => `${words[index] ?? ''} ${words[index + 1] ?? ''}`)))
      .flat()
    expect(told.filter((words) => !shown.includes(words) && !codes.includes(words))).toEqual([])
    const reasons = standings
      .filter(({ status, reason }) => status === 'disconnected' && reason !== null && !NO_REFUSAL.includes(reason))
      .map(({ reason }) => reason)
    expect(refusals.flat()).toEqual(expect.arrayContaining([...reasons, ...codes.filter((code) => code.startsWith('PAIRING_CODE_'))]))
  })
})

describe('docs/troubleshooting.md', () => {
  const { text } = readPage('docs/troubleshooting.md')

  it('has an entry for each thing that people search for when a phone cannot be linked', () => {
    const headings = [...text.matchAll(/^### (.+)$/gmu)].map(([, heading = '']) => heading).join('\n')
    for (const words of [
      '"Couldn\'t link device"',
      '"QR refs attempts ended"',
      '405',
      '"Connection Failure"',
      '428',
      '"Connection Terminated"',
      'pairing code does not work',
      'passkey',
      '401',
      '515',
      'QR again after restart',
      'session lost',
    ]) {
      expect(headings).toContain(words)
    }
  })

  it('speaks of every refusal', () => {
    const words = refusals.flat().filter((word) => !['disconnected', 'failed', 'pairing'].includes(word))
    expect(words.filter((word) => !text.includes(`\`${word}\``) && !text.includes(`\`${word},`))).toEqual([])
  })
})
