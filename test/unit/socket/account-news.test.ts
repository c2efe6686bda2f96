import { describe, expect, it } from 'vitest'
import { isRefusedForLimit, readMessageCap, readReachoutLock, refusesForLimit } from '../../../src/socket/account-news.js'
import { readDecryption } from '../../../src/socket/message-stubs.js'

const AT = new Date('2026-01-02T03:04:05Z')
const SECONDS = String(AT.getTime() / 1000)

describe('readReachoutLock', () => {
  it.each<[update: object, news: unknown]>([
    [{ connection: 'open' }, null],
    [{ reachoutTimeLock: undefined }, null],
    [{ reachoutTimeLock: { isActive: true, timeEnforcementEnds: AT } }, { limit: 'reachout_locked', isActive: true, until: AT }],
    [{ reachoutTimeLock: { isActive: true } }, { limit: 'reachout_locked', isActive: true, until: null }],
    [{ reachoutTimeLock: { isActive: true, timeEnforcementEnds: new Date(Number.NaN) } }, { limit: 'reachout_locked', isActive: true, until: null }],
    [{ reachoutTimeLock: { isActive: false, timeEnforcementEnds: AT } }, { limit: 'reachout_locked', isActive: false }],
    [{ reachoutTimeLock: {} }, { limit: 'reachout_locked', isActive: false }],
  ])('reads %o', (update, news) => {
    expect(readReachoutLock(update)).toEqual(news)
  })
})

describe('readMessageCap', () => {
  it.each<[cap: unknown, news: unknown]>([
    [null, null],
    [{ used_quota: 3 }, null],
    [
      { capping_status: 'FIRST_WARNING', cycle_end_timestamp: SECONDS },
      { limit: 'message_capped', isActive: false },
    ],
    [
      { capping_status: 'CAPPED', cycle_end_timestamp: SECONDS },
      { limit: 'message_capped', isActive: true, until: AT },
    ],
    [{ capping_status: 'CAPPED' }, { limit: 'message_capped', isActive: true, until: null }],
    [
      { capping_status: 'CAPPED', cycle_end_timestamp: '0' },
      { limit: 'message_capped', isActive: true, until: null },
    ],
  ])('reads %o', (cap, news) => {
    expect(readMessageCap(cap)).toEqual(news)
  })
})

it('knows the refusal of a message from every other error', () => {
  expect([refusesForLimit({ error: '463' }), refusesForLimit({ error: '479' }), refusesForLimit({}), refusesForLimit(undefined)]).toEqual([
    true,
    false,
    false,
    false,
  ])
  const updateOf = (messageStubParameters: unknown): unknown => ({ update: { messageStubParameters } })
  expect([updateOf(['463', 'x']), updateOf(['479']), updateOf(null), {}, null].map(isRefusedForLimit)).toEqual([true, false, false, false, false])
})

describe('readDecryption', () => {
  const key = { remoteJid: 'a@lid', id: 'A' }
  it.each<[message: unknown, news: unknown]>([
    [
      { key, message: { conversation: 'hello' } },
      { messageId: 'a@lid A', isDecrypted: true },
    ],
    [
      { key, messageStubType: 2, messageStubParameters: ['Bad MAC'] },
      { messageId: 'a@lid A', isDecrypted: false },
    ],
    [
      { key, messageStubType: 2 },
      { messageId: 'a@lid A', isDecrypted: false },
    ],
    [{ key, messageStubType: 2, messageStubParameters: ['Message absent from node'] }, null],
    [{ key, messageStubType: 2, messageStubParameters: ['Key used already or never filled'] }, null],
    [{ key, messageStubType: 20 }, null],
    [{ key: {}, message: {} }, null],
    [null, null],
  ])('reads %o', (message, news) => {
    expect(readDecryption(message)).toEqual(news)
  })
})
