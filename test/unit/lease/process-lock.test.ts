import { expect, it } from 'vitest'
import { processLock } from '../../../src/lease/process-lock.js'

it('names its holder by host, process and object', async () => {
  const [one, other] = await Promise.all([processLock(), processLock()].map((lock) => lock.acquire('a')))
  expect(one?.owner).toMatch(new RegExp(`^.+:${process.pid}:\\w+$`, 'u'))
  expect(other?.owner).not.toBe(one?.owner)
})

it('checks tokens for a store: without one before the first, and by the newest after it', async () => {
  const lock = processLock()
  const stale = expect.objectContaining({ code: 'STALE_WRITER', sessionId: 'a' })
  lock.check('a')
  expect(() => lock.check('a', NaN)).toThrow(stale)
  const lease = await lock.acquire('a')
  expect(() => lock.check('a')).toThrow(stale)
  expect(() => lock.check('a', NaN)).toThrow(stale)
  lock.check('a', lease?.fencingToken)
  await lease?.release()
  lock.check('a')
  await lock.acquire('a')
  expect(() => lock.check('a', lease?.fencingToken)).toThrow(stale)
})
