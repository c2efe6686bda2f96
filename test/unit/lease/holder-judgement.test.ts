import { describe, expect, it } from 'vitest'
import { describeHolder, type Holder, judgeHolder, judgeProcess, judgeThread, parseHolder, readProcessStat, sharesPids } from '../../../src/lease/holder.js'

const holder: Holder = { owner: 'h:7:ab', nonce: 'ab', pid: 7, startedAt: '100', bootId: 'boot', pidNamespace: 'pid:[1]', hostname: 'h', platform: 'linux' }
const { startedAt: _startedAt, ...withoutStart } = holder
const { bootId: _bootId, ...withoutBoot } = holder
const { pidNamespace: _pidNamespace, ...withoutNamespace } = holder
/** No system gives a pid that high. */
const NO_PID = 2 ** 30

describe('a holder that can be seen', () => {
  it.each([
    ['gone', holder, { exists: false, stat: null }, 'dead'],
    ['there', holder, { exists: true, stat: { startedAt: '100', hasEnded: false } }, 'alive'],
    ['a later process with its pid', holder, { exists: true, stat: { startedAt: '200', hasEnded: false } }, 'dead'],
    ['ended, and not yet noticed by its parent', holder, { exists: true, stat: { startedAt: '100', hasEnded: true } }, 'dead'],
    ['there, where the system does not tell when it started', holder, { exists: true, stat: null }, 'unknown'],
    ['there, and did not know when it started itself', withoutStart, { exists: true, stat: { startedAt: '100', hasEnded: false } }, 'unknown'],
  ] as const)('%s', (_, who, evidence, judgement) => {
    expect(judgeProcess(who, evidence)).toBe(judgement)
  })

  it.each([
    ['in the same place', {}, true],
    ['after another boot, or on another machine', { bootId: 'other' }, false],
    ['in another container', { pidNamespace: 'pid:[2]' }, false],
    ['under another name of the same machine', { hostname: 'other' }, true],
    ['on another system', { platform: 'darwin' }, false],
  ])('%s: %j', (_, differences, isShared) => {
    expect(sharesPids(holder, { ...holder, ...differences })).toBe(isShared)
  })

  it('is judged by nothing that the system does not say', () => {
    expect(sharesPids(withoutBoot, withoutBoot)).toBe(false)
    expect(sharesPids(withoutNamespace, withoutNamespace)).toBe(false)
    const mac: Holder = { ...withoutStart, platform: 'darwin' }
    expect(sharesPids(mac, mac)).toBe(true)
    expect(sharesPids(mac, { ...mac, hostname: 'other' })).toBe(false)
  })
})

describe('a worker thread whose process is there', () => {
  const thread = { id: 9, startedAt: '100' }

  it.each([
    ['gone', thread, null, 'dead'],
    ['there', thread, { startedAt: '100', hasEnded: false }, 'alive'],
    ['a later thread with its number', thread, { startedAt: '200', hasEnded: false }, 'dead'],
    ['just ended', thread, { startedAt: '100', hasEnded: true }, 'dead'],
    ['where the system does not tell of threads', { id: 9 }, null, 'unknown'],
  ] as const)('%s', (_, who, stat, judgement) => {
    expect(judgeThread(who, stat)).toBe(judgement)
  })

  it.runIf(process.platform === 'linux')('is looked at, and not only its process', async () => {
    const self = await describeHolder('me', 'aa')
    const main = { id: process.pid, startedAt: self.startedAt ?? '' }
    expect(await judgeHolder({ ...self, nonce: 'bb', thread: main }, self)).toBe('alive')
    expect(await judgeHolder({ ...self, nonce: 'bb', thread: { ...main, id: NO_PID } }, self)).toBe('dead')
    expect(await judgeHolder({ ...self, nonce: 'bb', thread: { id: 1 } }, self)).toBe('unknown')
    expect(await judgeHolder({ ...self, nonce: 'bb', pid: NO_PID, thread: main }, self)).toBe('dead')
    const { startedAt: _ownStart, ...hidden } = self
    expect(await judgeHolder({ ...hidden, nonce: 'bb', thread: { ...main, id: NO_PID } }, self)).toBe('unknown')
  })
})

describe('this process', () => {
  it('is alive to itself, also as another store, and a pid that nobody has is dead', async () => {
    const self = await describeHolder('me', 'aa')
    expect(self).toMatchObject({ owner: 'me', nonce: 'aa', pid: process.pid, platform: process.platform })
    expect(await judgeHolder(self, self)).toBe('alive')
    expect(await judgeHolder({ ...self, nonce: 'bb', pid: NO_PID }, self)).toBe('dead')
    expect(await judgeHolder({ ...self, nonce: 'bb', hostname: 'x', platform: 'other' }, self)).toBe('unknown')
  })

  it.runIf(process.platform === 'linux')('is told from another one with its pid', async () => {
    const self = await describeHolder('me', 'aa')
    expect(await readProcessStat(process.pid)).toEqual({ startedAt: self.startedAt, hasEnded: false })
    expect(await readProcessStat(NO_PID)).toBeNull()
    expect(await judgeHolder({ ...self, nonce: 'bb' }, self)).toBe('alive')
    expect(await judgeHolder({ ...self, nonce: 'bb', startedAt: '1' }, self)).toBe('dead')
  })
})

describe('the text of a lock file', () => {
  it('leads back to its holder', () => {
    expect(parseHolder(JSON.stringify({ sessionId: 'a', ...holder }))).toMatchObject(holder)
    expect(parseHolder(JSON.stringify(withoutBoot))).toEqual(withoutBoot)
    const inThread = { ...holder, thread: { id: 0 } }
    expect(parseHolder(JSON.stringify(inThread))).toEqual(inThread)
  })

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '5',
    JSON.stringify({ ...holder, pid: '7' }),
    JSON.stringify({ ...holder, pid: 0 }),
    JSON.stringify({ ...holder, pid: -1 }),
    JSON.stringify({ ...holder, bootId: 5 }),
    JSON.stringify({ ...holder, thread: null }),
    JSON.stringify({ ...holder, thread: { id: '9' } }),
    JSON.stringify({ ...holder, thread: { id: 9, startedAt: 5 } }),
  ])('that is not whole names nobody: %s', (text) => {
    expect(parseHolder(text)).toBeNull()
  })
})
