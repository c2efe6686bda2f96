import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { asRequest, type SupabaseAnswer, type SupabaseRequest } from '../../../../src/adapters/supabase/supabase-client.js'
import { SupabaseConnection } from '../../../../src/adapters/supabase/supabase-connection.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** How a request ends. It is told of the signal that breaks it off. */
type Ending = (signal: AbortSignal) => Promise<SupabaseAnswer>

/** A request that narrows nothing down. */
class FakeRequest implements SupabaseRequest {
  #signal = new AbortController().signal
  readonly #ending: Ending

  constructor(ending: Ending) {
    this.#ending = ending
  }

  readonly select = (): this => this
  readonly eq = (): this => this
  readonly gt = (): this => this
  readonly not = (): this => this
  readonly order = (): this => this
  readonly limit = (): this => this

  abortSignal(signal: AbortSignal): this {
    this.#signal = signal
    return this
  }

  then<Value, Other>(
    onAnswer?: ((answer: SupabaseAnswer) => Value | PromiseLike<Value>) | null,
    onFailure?: ((reason: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    return this.#ending(this.#signal).then(onAnswer, onFailure)
  }
}

/** Asks through a client whose requests end so, one after the other, the last way for ever. */
function ask(...endings: Ending[]): { rows: Promise<readonly unknown[]>; asked: () => number } {
  let count = 0
  const next = (): FakeRequest => new FakeRequest(endings[Math.min(count++, endings.length - 1)] ?? (async () => gives([])))
  const client = { from: () => ({ select: next, update: next, upsert: next, delete: next }) }
  const rows = new SupabaseConnection(client, 't').rows({ verb: 'read it in', sessionId: 'a' }, (table) => asRequest(table.select('*')))
  rows.catch(() => undefined)
  return { rows, asked: () => count }
}

const gives = (data: unknown): SupabaseAnswer => ({ data, error: null, status: 200 })
const answers = (data: unknown) => async () => gives(data)
const fails = (error: unknown, status: number) => async () => ({ data: null, error, status })

it('what passes is tried again, however the client tells of it', async () => {
  const { rows, asked } = ask(fails({ code: '40001' }, 500), () => Promise.reject(new TypeError('fetch failed')), answers([1]))
  await vi.runAllTimersAsync()
  expect(await rows).toEqual([1])
  expect(asked()).toBe(3)
})

it('what does not pass is told at once, and what goes on after three times', async () => {
  const denied = ask(fails({ code: '42501' }, 403))
  await expect(denied.rows).rejects.toMatchObject({ code: 'REPOSITORY_FAILED', sessionId: 'a', cause: { code: '42501', status: 403 } })
  expect(denied.asked()).toBe(1)
  const away = ask(fails({ message: 'TypeError: fetch failed', details: 'Caused by: Error: connect (ECONNREFUSED)', code: '' }, 0))
  await vi.runAllTimersAsync()
  await expect(away.rows).rejects.toThrow(/read it in Supabase. It cannot be reached.*\(ECONNREFUSED\)$/u)
  expect(away.asked()).toBe(3)
})

it('ten seconds are for everything that is tried, and then the request is broken off', async () => {
  let isBroken = false
  const slowly: Ending = async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 9000)
    })
    return { data: null, error: { code: '57P01' }, status: 503 }
  }
  const { rows, asked } = ask(
    slowly,
    async (signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          isBroken = true
          resolve({ data: null, error: { message: 'AbortError' }, status: 0 })
        })
      }),
  )
  await vi.advanceTimersByTimeAsync(9999)
  expect(isBroken).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await expect(rows).rejects.toThrow(/did not answer in time.*\(TIMEOUT\)$/u)
  expect(isBroken).toBe(true)
  expect(asked()).toBe(2)
  expect(vi.getTimerCount()).toBe(0)
})

it('a client that ignores the signal holds nobody up either', async () => {
  const { rows } = ask(() => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(10_000)
  await expect(rows).rejects.toMatchObject({ code: 'REPOSITORY_FAILED' })
})

it('only a list is an answer', async () => {
  expect(await ask(answers([])).rows).toEqual([])
  for (const data of [null, undefined, {}, 'rows']) await expect(ask(answers(data)).rows).rejects.toThrow(/not one of PostgREST/u)
})

it.each([
  ['08006', 503, /cannot be reached/u],
  ['25006', 405, /only reads/u],
  ['22P02', 400, /type of a column/u],
  ['42804', 400, /See the cause.*\(42804\)$/u],
  ['PGRST100', 400, /See the cause.*\(PGRST100\)$/u],
  ['PGRST003', 504, /no connection to its database left/u],
  ['', 500, /See the cause.*\(HTTP 500\)$/u],
  ['', 403, /does not accept the key.*\(HTTP 403\)$/u],
  ['', 521, /cannot be reached.*\(HTTP 521\)$/u],
  ['UND_ERR_SOCKET', 0, /cannot be reached.*\(UND_ERR_SOCKET\)$/u],
])('code "%s" with status %i says what to do', async (code, status, message) => {
  const { rows } = ask(fails({ message: 'secret', code }, status))
  await vi.runAllTimersAsync()
  await expect(rows).rejects.toThrow(message)
  await expect(rows).rejects.not.toThrow(/secret/u)
})

it.each([
  ['tells of', fails({ message: 'SyntaxError: Unexpected token' }, 0)],
  ['throws', () => Promise.reject(new SyntaxError('Unexpected token'))],
])('an answer that is no JSON, which an older client %s, is not taken for an outage', async (_how, ending) => {
  const { rows, asked } = ask(ending)
  await expect(rows).rejects.toThrow(/not one of PostgREST.*\(NO_JSON\)$/u)
  expect(asked()).toBe(1)
})

it('something else than a client of Supabase is a mistake of the program', async () => {
  const knex = { from: () => ({ select: answers([]), update: answers([]), upsert: answers([]), delete: answers([]) }) }
  const rows = new SupabaseConnection(knex, 't').rows({ verb: 'read it in', sessionId: 'a' }, (table) => asRequest(table.select('*')))
  await expect(rows).rejects.toThrow(TypeError)
})
