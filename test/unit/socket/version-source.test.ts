import type { WAVersion } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { VersionSource, type VersionProvider } from '../../../src/socket/version-source.js'
import { never } from '../../support/deferred.js'

const HOURS = 3_600_000

function source(...answers: (() => Promise<WAVersion>)[]): { versions: VersionSource; asked: () => number; failures: unknown[] } {
  const failures: unknown[] = []
  let asked = 0
  const provider: VersionProvider = () => {
    const answer = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    return answer === undefined ? never() : answer()
  }
  return { versions: new VersionSource(provider, (cause) => { failures.push(cause) }), asked: () => asked, failures }
}

const gives = (...version: WAVersion) => (): Promise<WAVersion> => Promise.resolve(version)

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('VersionSource', () => {
  it('leaves the version to Baileys when there is no provider', async () => {
    const versions = new VersionSource(undefined, () => undefined)
    await versions.refresh()
    expect(await versions.current()).toBeUndefined()
  })

  it('asks once for all who dial, and again after six hours', async () => {
    const { versions, asked } = source(gives(2, 3000, 1), gives(2, 3000, 2))
    expect(await Promise.all([versions.current(), versions.current(), versions.refresh()])).toEqual([[2, 3000, 1], [2, 3000, 1], undefined])
    await vi.advanceTimersByTimeAsync(6 * HOURS - 1)
    expect([await versions.current(), asked()]).toEqual([[2, 3000, 1], 1])
    await vi.advanceTimersByTimeAsync(1)
    expect([await versions.current(), asked()]).toEqual([[2, 3000, 2], 2])
  })

  it('asks again on demand', async () => {
    const { versions, asked } = source(gives(2, 3000, 1), gives(2, 3000, 9))
    await versions.current()
    await versions.refresh()
    expect([await versions.current(), asked()]).toEqual([[2, 3000, 9], 2])
  })

  it.each<[lower: WAVersion]>([[[2, 3000, 0]], [[2, 2999, 99]], [[1, 9999, 9]], [[2, 3000, 5]]])('never goes down, as to %j', async (lower) => {
    const { versions } = source(gives(2, 3000, 5), gives(...lower))
    await versions.current()
    await versions.refresh()
    expect(await versions.current()).toEqual([2, 3000, 5])
  })

  it.each<[higher: WAVersion]>([[[2, 3000, 6]], [[2, 3001, 0]], [[3, 0, 0]]])('goes up, as to %j', async (higher) => {
    const { versions } = source(gives(2, 3000, 5), gives(...higher))
    await versions.current()
    await versions.refresh()
    expect(await versions.current()).toEqual(higher)
  })

  it('a provider that hangs holds a dial up for 5 s at most; the last good version is kept', async () => {
    const { versions, failures } = source(gives(2, 3000, 5), () => never())
    await versions.current()
    await vi.advanceTimersByTimeAsync(6 * HOURS)
    const current = versions.current()
    await vi.advanceTimersByTimeAsync(5000)
    expect(await current).toEqual([2, 3000, 5])
    expect(failures).toHaveLength(1)
  })

  it.each<[name: string, provider: () => Promise<WAVersion>]>([
    ['rejects', () => Promise.reject(new Error('offline'))],
    ['throws', () => { throw new Error('offline') }],
    ['answers with nothing', () => Promise.resolve(undefined as unknown as WAVersion)],
    ['answers with two numbers', () => Promise.resolve([2, 3000] as unknown as WAVersion)],
    ['answers with texts', () => Promise.resolve(['2', '3000', '1'] as unknown as WAVersion)],
    ['answers with an object, as fetchLatestBaileysVersion does', () => Promise.resolve({ version: [2, 3000, 1] } as unknown as WAVersion)],
  ])('a provider that %s is told, and the version left to Baileys', async (_name, provider) => {
    const { versions, failures } = source(provider)
    expect(await versions.current()).toBeUndefined()
    expect(failures).toHaveLength(1)
  })

  it('a provider that fails or hangs is left alone for a minute: it must not hold up each dial of an outage', async () => {
    const { versions, asked } = source(() => Promise.reject(new Error('offline')), gives(2, 3000, 1))
    for (let dial = 0; dial < 50; dial += 1) await versions.current()
    expect(asked()).toBe(1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([await versions.current(), asked()]).toEqual([[2, 3000, 1], 2])
  })
})
