import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PostgresClient } from '../../../../src/adapters/postgres/postgres-client.js'
import { CALL_TIMEOUT_MS, PostgresConnection } from '../../../../src/adapters/postgres/postgres-connection.js'

const action = { verb: 'read in' }

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** Asks through a client that answers so, one answer after the other, the last one for ever. */
function ask(...answers: PostgresClient['query'][]): { answer: Promise<unknown>; query: ReturnType<typeof vi.fn<PostgresClient['query']>> } {
  const query = vi.fn<PostgresClient['query']>()
  for (const [index, answer] of answers.entries()) {
    if (index === answers.length - 1) query.mockImplementation(answer)
    else query.mockImplementationOnce(answer)
  }
  const answer = new PostgresConnection({ query }).ask(action, () => ['SELECT 1'])
  answer.catch(() => undefined)
  return { answer, query }
}

const says = (text: unknown) => async () => ({ rows: [{ answer: text }] })
const fails = (code: string) => async () => Promise.reject(Object.assign(new Error('it failed'), { code }))

it('what passes is tried again', async () => {
  const { answer, query } = ask(fails('40P01'), fails('57P01'), fails('ECONNREFUSED'), says('{"a":1}'))
  await vi.runAllTimersAsync()
  expect(await answer).toEqual({ a: 1 })
  expect(query).toHaveBeenCalledTimes(4)
})

it('what does not pass is told at once, and what does not end in time', async () => {
  const full = ask(fails('53100'))
  await expect(full.answer).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(full.query).toHaveBeenCalledOnce()
  const refused = ask(fails('ECONNREFUSED'))
  await vi.runAllTimersAsync()
  await expect(refused.answer).rejects.toThrow(/cannot be reached/u)
  expect(refused.query.mock.calls.length).toBeLessThan(10)
})

it('a server that never answers holds nobody up', async () => {
  const { answer } = ask(() => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(CALL_TIMEOUT_MS)
  await expect(answer).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('did not answer in time') })
  expect(vi.getTimerCount()).toBe(0)
})

it('no row and no value are no answer', async () => {
  expect(await ask(async () => ({ rows: [] })).answer).toBeNull()
  expect(await ask(says(null)).answer).toBeNull()
})

it.each([
  ['rows as arrays', async () => ({ rows: [['{}']] })],
  ['no rows', async () => [] as unknown as { rows: unknown[] }],
  ['something else in the column', says(7)],
])('a client that answers in another form is told what is asked of it: %s', async (_name, query) => {
  const { answer } = ask(query)
  await expect(answer).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('a client that throws is one that fails', async () => {
  const { answer } = ask(() => {
    throw Object.assign(new Error('closed'), { code: 'CONNECTION_ENDED' })
  })
  await expect(answer).rejects.toThrow(/client is closed/u)
})
