import type { WAVersion } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type FoundVersion, lookupOf, type VersionLookup, type VersionQuestion, VersionSource } from '../../../src/version/version-source.js'
import { deferred, never } from '../../support/deferred.js'

const HOURS = 3_600_000
const KEPT: WAVersion = [2, 3000, 5]

type Answer = (question: VersionQuestion | undefined, signal: AbortSignal | undefined) => Promise<FoundVersion>

interface Made {
  readonly versions: VersionSource
  readonly asked: VersionQuestion[]
  readonly failures: unknown[]
  readonly bypasses: number
  /** Waits as a pairing does, and takes what is there then. */
  pair(question?: VersionQuestion): Promise<WAVersion | undefined>
}

/** A source over answers, the last of which is repeated. A question of a session with a proxy and no dispatcher is not to be asked. */
function source(...answers: Answer[]): Made {
  const told: unknown[] = []
  const asked: VersionQuestion[] = []
  let bypasses = 0
  const lookup: VersionLookup = {
    lookUp: (question = {}, signal) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)]
      asked.push(question)
      return answer === undefined ? never() : answer(question, signal)
    },
    bypassesProxy: ({ isProxied, dispatcher }) => isProxied === true && dispatcher === undefined,
  }
  const versions = new VersionSource({
    lookup,
    onFailure: (cause) => told.push(cause),
    onBypass: () => {
      bypasses += 1
    },
  })
  return {
    versions,
    asked,
    failures: told,
    get bypasses() {
      return bypasses
    },
    pair: async (question = {}) => {
      await versions.renew(question)
      return versions.kept
    },
  }
}

const gives =
  (...version: WAVersion): Answer =>
  () =>
    Promise.resolve({ version, maxAgeMs: 6 * HOURS })
const fails: Answer = () => Promise.reject(new Error('offline'))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a version', () => {
  it('is left to Baileys where nothing is looked up', async () => {
    const versions = new VersionSource({ lookup: null, onFailure: () => undefined, onBypass: () => undefined })
    expect(versions.renew({})).toBeNull()
    await versions.refuse(undefined, {})
    expect(versions.kept).toBeUndefined()
  })

  it('is not looked up by reading it', async () => {
    const { versions, asked } = source(gives(2, 3000, 1))
    expect(versions.kept).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('is looked up once for all who ask at once, and again after its age', async () => {
    const { pair, asked } = source(gives(2, 3000, 1), gives(2, 3000, 2))
    expect(await Promise.all(Array.from({ length: 100 }, () => pair()))).toEqual(Array.from({ length: 100 }, () => [2, 3000, 1]))
    await vi.advanceTimersByTimeAsync(6 * HOURS - 1)
    expect([await pair(), asked.length]).toEqual([[2, 3000, 1], 1])
    await vi.advanceTimersByTimeAsync(1)
    expect([await pair(), asked.length]).toEqual([[2, 3000, 2], 2])
  })

  it('is kept for as long as its look-up says', async () => {
    const { pair, asked } = source(async () => ({ version: KEPT, maxAgeMs: 1000 }))
    await pair()
    await vi.advanceTimersByTimeAsync(999)
    await pair()
    expect(asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    await pair()
    expect(asked).toHaveLength(2)
  })

  it.each<[lower: WAVersion]>([[[2, 3000, 4]], [[2, 2999, 99]], [[1, 9999, 9]], [[2, 3000, 5]]])('never goes down by itself, as to %j', async (lower) => {
    const { pair, asked } = source(gives(...KEPT), gives(...lower))
    await pair()
    await vi.advanceTimersByTimeAsync(6 * HOURS)
    expect([await pair(), asked.length]).toEqual([KEPT, 2])
  })

  it.each<[higher: WAVersion]>([[[2, 3000, 6]], [[2, 3001, 0]], [[3, 0, 0]]])('goes up, as to %j', async (higher) => {
    const { pair } = source(gives(...KEPT), gives(...higher))
    await pair()
    await vi.advanceTimersByTimeAsync(6 * HOURS)
    expect(await pair()).toEqual(higher)
  })

  it('that is good stays when a later look-up fails', async () => {
    const { pair, failures } = source(gives(...KEPT), fails)
    await pair()
    await vi.advanceTimersByTimeAsync(6 * HOURS)
    expect(await pair()).toEqual(KEPT)
    expect(failures).toHaveLength(1)
  })

  it.each<[name: string, answer: unknown]>([
    ['nothing', undefined],
    ['two numbers', [2, 3000]],
    ['texts', ['2', '3000', '1']],
    ['a fraction', [2, 3000, 1.5]],
    ['a number below zero', [2, 3000, -1]],
    ['more than a uint32', [2, 3000, 2 ** 32]],
    ['an object, as fetchLatestBaileysVersion gives', { version: [2, 3000, 1] }],
  ])('that is %s is told, and left to Baileys', async (_name, version) => {
    const { pair, failures } = source(async () => ({ version: version as WAVersion, maxAgeMs: 1 }))
    expect(await pair()).toBeUndefined()
    expect(failures).toMatchObject([{ name: 'TypeError' }])
  })
})

describe('a look-up that fails', () => {
  it('is not repeated for a minute: it must not hold up each pairing of an outage', async () => {
    const { pair, asked, failures } = source(fails, gives(2, 3000, 1))
    for (let dial = 0; dial < 50; dial += 1) await pair()
    expect([asked.length, failures.length]).toEqual([1, 1])
    await vi.advanceTimersByTimeAsync(59_999)
    expect(await pair()).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect([await pair(), asked.length]).toEqual([[2, 3000, 1], 2])
  })

  it('on one way leaves the others open: one proxy that is down is no trouble of another session', async () => {
    const { pair, asked } = source(fails, gives(2, 3000, 1))
    const [down, up] = [{ dispatcher: {} }, { dispatcher: {} }]
    expect(await pair(down)).toBeUndefined()
    expect(await pair(up)).toEqual([2, 3000, 1])
    expect(asked).toEqual([down, up])
  })
})

describe('a version that WhatsApp refuses', () => {
  it('is thrown away, and looked up again at once; the answer may be lower', async () => {
    const { versions, pair, asked } = source(gives(...KEPT), gives(2, 3000, 4))
    await pair()
    const refusal = versions.refuse(KEPT, {})
    expect(versions.kept).toBeUndefined()
    await refusal
    expect([versions.kept, asked.length]).toEqual([[2, 3000, 4], 2])
  })

  it('makes the next pairing wait for the answer', async () => {
    const answer = deferred<FoundVersion>()
    const { versions, pair } = source(gives(...KEPT), () => answer.promise)
    await pair()
    void versions.refuse(KEPT, {})
    const pairing = pair()
    answer.resolve({ version: [2, 3000, 9], maxAgeMs: 1 })
    expect(await pairing).toEqual([2, 3000, 9])
  })

  it('is forgotten also when the look-up fails', async () => {
    const { versions, pair } = source(gives(...KEPT), fails)
    await pair()
    await versions.refuse(KEPT, {})
    expect(await pair()).toBeUndefined()
  })

  it('is looked up again although the last look-up failed a moment ago', async () => {
    const { versions, pair, asked } = source(fails, gives(...KEPT))
    await pair()
    await versions.refuse(undefined, {})
    expect([versions.kept, asked.length]).toEqual([KEPT, 2])
  })

  it('and that another session has replaced already changes nothing: a storm of refusals is one look-up', async () => {
    const { versions, pair, asked } = source(gives(...KEPT), gives(2, 3000, 9))
    await pair()
    await versions.refuse(KEPT, {})
    for (let session = 0; session < 100; session += 1) await versions.refuse(KEPT, {})
    expect([versions.kept, asked.length]).toEqual([[2, 3000, 9], 2])
  })
})

describe('a look-up that would go around a proxy', () => {
  const proxied = { isProxied: true }

  it('is not made, and told once', async () => {
    const made = source(gives(...KEPT))
    for (let dial = 0; dial < 10; dial += 1) expect(await made.pair(proxied)).toBeUndefined()
    await made.versions.refuse(undefined, proxied)
    expect([made.asked.length, made.failures.length, made.bypasses]).toEqual([0, 0, 1])
  })

  it('holds nobody up who may ask; what those get is for all', async () => {
    const made = source(gives(...KEPT))
    expect(await made.pair(proxied)).toBeUndefined()
    expect(await made.pair()).toEqual(KEPT)
    expect(await made.pair(proxied)).toEqual(KEPT)
    expect(made.asked).toEqual([{}])
  })

  it('goes through the dispatcher of the session where there is one', async () => {
    const made = source(gives(...KEPT))
    const question = { isProxied: true, dispatcher: {} }
    expect(await made.pair(question)).toEqual(KEPT)
    expect(made.asked).toEqual([question])
  })
})

describe('a source that is closed', () => {
  it('ends the look-up under way, tells nothing, and begins no other', async () => {
    const ended: unknown[] = []
    const { versions, pair, asked, failures } = source((_question, signal) => {
      signal?.addEventListener('abort', () => ended.push('aborted'))
      return never()
    })
    const pairing = pair()
    versions.close()
    expect(await pairing).toBeUndefined()
    expect(versions.renew({})).toBeNull()
    expect([ended, asked.length, failures]).toEqual([['aborted'], 1, []])
  })
})

describe('a provider of the application', () => {
  const of = (provider: () => Promise<WAVersion>): Made => {
    const lookup = lookupOf(provider)
    return source((question, signal) => lookup.lookUp(question, signal))
  }

  it('has five seconds; what it answers later is not used', async () => {
    const late = deferred<WAVersion>()
    const { pair, failures, versions } = of(() => late.promise)
    const pairing = pair()
    await vi.advanceTimersByTimeAsync(4999)
    expect(failures).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(await pairing).toBeUndefined()
    expect(failures).toMatchObject([{ message: 'The version provider did not answer within 5000 ms.' }])
    late.resolve(KEPT)
    await vi.advanceTimersByTimeAsync(0)
    expect(versions.kept).toBeUndefined()
  })

  it('is kept for six hours', async () => {
    const provider = vi.fn(async (): Promise<WAVersion> => KEPT)
    const { pair } = of(provider)
    await pair()
    await vi.advanceTimersByTimeAsync(6 * HOURS - 1)
    await pair()
    expect(provider).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    await pair()
    expect(provider).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('offline'))],
    [
      'throws',
      () => {
        throw new Error('offline')
      },
    ],
  ])('that %s is told', async (_name, provider) => {
    const { pair, failures } = of(provider)
    expect(await pair()).toBeUndefined()
    expect(failures).toMatchObject([{ message: 'offline' }])
  })

  it('chooses its way itself', () => {
    expect(lookupOf(async () => KEPT).bypassesProxy({ isProxied: true })).toBe(false)
  })
})
