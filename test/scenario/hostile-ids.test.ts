import { describe, expect, it } from 'vitest'
import { SessionError } from '../../src/index.js'
import { codeOf, inFakeTime, pass, scenario, within } from '../support/scenario.js'

inFakeTime()

const HOSTILE = [
  '../x',
  '../../etc/passwd',
  'a/b',
  'a__b',
  'a\\b',
  'CON',
  'nul',
  '.',
  '..',
  '%2e',
  '%2e%2e%2f',
  '🦊',
  'é',
  'e\u0301',
  ' ',
  ' a ',
  'a.',
  '-rf',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(128),
  '"',
  "'; --",
  '*',
  '{}',
  'Shop',
  'shop',
  'SHOP',
]
const REFUSED = ['', 'x'.repeat(129), 'x'.repeat(300), 'a\u0000b', 'a\nb', '\uD800']

describe('invariant 14: ids are data', () => {
  it('invariant 14: hostile ones are kept apart, each with its own session', async () => {
    const made = scenario({ restore: { delayMs: 0, concurrency: 50 }, dials: { concurrency: 50, perSecond: 1000 } })
    for (const [index, id] of HOSTILE.entries()) await made.store.seed(id, { phone: String(49_151_000_000 + index) })
    const report = await within(made.sessions.restoreAll())
    expect(report.restored.map(({ sessionId }) => sessionId).sort()).toEqual([...HOSTILE].sort())
    for (const [index, id] of HOSTILE.entries()) {
      expect(await made.sessions.getStatus(id)).toMatchObject({ sessionId: id, status: 'connected', phoneNumber: String(49_151_000_000 + index) })
      expect(await made.repository.find(id)).toMatchObject({ sessionId: id, status: 'connected' })
      expect(made.sessions.getSocket(id)?.user?.id).toBe(`${49_151_000_000 + index}:1@s.whatsapp.net`)
    }
    await within(made.sessions.stop('../x'))
    await within(made.sessions.delete('__proto__'))
    expect(made.baileys.sockets.filter((socket) => socket.isEnded)).toHaveLength(2)
    expect(await made.sessions.getStatus('constructor')).toMatchObject({ status: 'connected' })
  })

  it('invariant 14: others are refused by every member, before anything is touched', async () => {
    const made = scenario()
    const { sessions } = made
    for (const id of REFUSED) {
      const calls = [
        sessions.connect(id),
        sessions.restoreSession(id),
        sessions.getStatus(id),
        sessions.requestPairingCode(id, '4915112345678'),
        sessions.waitUntilConnected(id),
        sessions.stop(id),
        sessions.logout(id),
        sessions.delete(id),
      ]
      expect(await within(Promise.all(calls.map(codeOf)))).toEqual(calls.map(() => 'INVALID_SESSION_ID'))
      expect(sessions.getSocket(id)).toBeUndefined()
    }
    for (const id of [undefined, null, 7, {}]) await expect(sessions.connect(id as string)).rejects.toThrow(TypeError)
    await pass(1000)
    expect([made.store.calls, made.told, made.baileys.sockets.length]).toEqual([[], [], 0])
  })

  it('invariant 14: one that the store cannot keep is told to the caller, and stops nobody else', async () => {
    const made = scenario({ restore: { delayMs: 0 } })
    await made.store.seed('good')
    await made.store.seed('odd')
    made.store.before = ({ sessionId, verb }) => {
      if (sessionId === 'odd' && (verb === 'read' || verb === 'acquire')) throw new SessionError('INVALID_SESSION_ID', 'it differs only by case', { sessionId })
    }
    expect(await within(codeOf(made.sessions.getStatus('odd')))).toBe('INVALID_SESSION_ID')
    expect(await within(codeOf(made.sessions.connect('odd')))).toBe('INVALID_SESSION_ID')
    const report = await within(made.sessions.restoreAll())
    expect([report.restored.map(({ sessionId }) => sessionId), report.failed.map(({ sessionId }) => sessionId)]).toEqual([['good'], ['odd']])
    expect((await within(made.sessions.getStatuses())).map(({ sessionId }) => sessionId)).toContain('good')
  })
})
