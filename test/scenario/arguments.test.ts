import { describe, expect, it, vi } from 'vitest'
import type { SessionManager } from '../../src/index.js'
import { inFakeTime, pass, scenario, within } from '../support/scenario.js'

inFakeTime()

/** What a caller in JavaScript may pass. */
const anything = (value: unknown): never => value as never

function circular(): Record<string, unknown> {
  const metadata: Record<string, unknown> = {}
  metadata['self'] = { of: metadata }
  return metadata
}
describe('a signal that has aborted already', () => {
  it('begins nothing: no row, no session, no read', async () => {
    const made = scenario()
    const signal = AbortSignal.abort(new Error('too late'))
    await expect(made.sessions.connect('s', { metadata: { plan: 'gold' }, signal })).rejects.toThrow('too late')
    await pass(1000)
    expect([await made.repository.find('s'), made.told, made.store.calls]).toEqual([null, [], []])
    expect(await within(made.sessions.getStatuses())).toEqual([])
  })
})

describe('arguments that make no sense are named', () => {
  it.each<[what: string, call: (sessions: SessionManager) => Promise<unknown>, message: RegExp]>([
    ['metadata of connect', (sessions) => sessions.connect('s', { metadata: anything('gold') }), /"metadata" must be an object, but is "gold"/],
    ['metadata that is null', (sessions) => sessions.connect('s', { metadata: anything(null) }), /"metadata" must be an object, but is null/],
    [
      'metadata with a BigInt',
      (sessions) => sessions.connect('s', { metadata: { customer: { id: 12n } } }),
      /"metadata" must be plain JSON, but "customer\.id" is a bigint/,
    ],
    [
      'metadata with a function',
      (sessions) => sessions.connect('s', { metadata: { tags: [() => 1] } }),
      /"metadata" must be plain JSON, but "tags\.0" is a function/,
    ],
    [
      'metadata with a symbol',
      (sessions) => sessions.connect('s', { metadata: { plan: Symbol('gold') } }),
      /"metadata" must be plain JSON, but "plan" is a symbol/,
    ],
    ['metadata that holds itself', (sessions) => sessions.connect('s', { metadata: circular() }), /"metadata" must be plain JSON, but "self\.of" holds itself/],
    ['signal of connect', (sessions) => sessions.connect('s', { signal: anything({ aborted: false }) }), /"signal.throwIfAborted" must be a function/],
    ['signal of restoreSession', (sessions) => sessions.restoreSession('s', { signal: anything('stop') }), /"signal" must be an object, but is "stop"/],
    ['signal of waitUntilConnected', (sessions) => sessions.waitUntilConnected('s', { signal: anything(null) }), /"signal" must be an object, but is null/],
    ['signal of restoreAll', (sessions) => sessions.restoreAll({ signal: anything(5) }), /"signal" must be an object, but is 5/],
    ['filter of restoreAll', (sessions) => sessions.restoreAll({ filter: anything(['s']) }), /"filter" must be a function, but is an object/],
    ['priority of restoreAll', (sessions) => sessions.restoreAll({ priority: anything(1) }), /"priority" must be a function, but is 1/],
    ['onProgress of restoreAll', (sessions) => sessions.restoreAll({ onProgress: anything(true) }), /"onProgress" must be a function, but is true/],
    ['delayMs of restoreAll', (sessions) => sessions.restoreAll({ delayMs: anything('3') }), /^Option "delayMs" must be a number, but is "3"/],
    ['force of restoreSession', (sessions) => sessions.restoreSession('s', { force: anything('no') }), /"force" must be true or false, but is "no"/],
    ['restore of getStatus', (sessions) => sessions.getStatus('s', { restore: anything('no') }), /"restore" must be true or false, but is "no"/],
    ['requireUnlink of logout', (sessions) => sessions.logout('s', { requireUnlink: anything('no') }), /"requireUnlink" must be true or false, but is "no"/],
    ['options of connect', (sessions) => sessions.connect('s', anything(null)), /"options" must be an object, but is null/],
    ['an unknown option of connect', (sessions) => sessions.connect('s', anything({ timeout: 5 })), /"timeout" is unknown\. Did you mean "timeoutMs"\?/],
    [
      'an unknown option of restoreSession',
      (sessions) => sessions.restoreSession('s', anything({ forced: true })),
      /"forced" is unknown\. Did you mean "force"\?/,
    ],
    [
      'an unknown option of restoreAll',
      (sessions) => sessions.restoreAll(anything({ concurency: 2 })),
      /"concurency" is unknown\. Did you mean "concurrency"\?/,
    ],
    [
      'an unknown option of getStatus',
      (sessions) => sessions.getStatus('s', anything({ restores: false })),
      /"restores" is unknown\. Did you mean "restore"\?/,
    ],
    [
      'an unknown option of waitUntilConnected',
      (sessions) => sessions.waitUntilConnected('s', anything({ timeoutms: 2 })),
      /"timeoutms" is unknown\. Did you mean "timeoutMs"\?/,
    ],
    [
      'an unknown option of logout',
      (sessions) => sessions.logout('s', anything({ requireUnlinked: true })),
      /"requireUnlinked" is unknown\. Did you mean "requireUnlink"\?/,
    ],
    ['an unknown option of close', (sessions) => sessions.close(anything({ timeout: 2 })), /"timeout" is unknown\. Did you mean "timeoutMs"\?/],
  ])('%s', async (_what, call, message) => {
    const made = scenario()
    await made.store.seed('s')
    const rejected = within(call(made.sessions)).catch((error: unknown) => error)
    expect(await rejected).toBeInstanceOf(TypeError)
    expect(((await rejected) as TypeError).message).toMatch(message)
    expect(made.baileys.sockets).toEqual([])
  })
})

describe('listeners that make no sense', () => {
  it('an event that there is none of is a warning of the process with the nearest name; the listener is kept', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { sessions } = scenario()
    sessions.on(anything('conected'), () => undefined).once(anything('logged_out'), () => undefined)
    expect(warn.mock.calls).toEqual([
      ['SessionManager has no event "conected", so its listener is never called. Did you mean "connected"?', { code: 'BAILEYS_SESSIONS_EVENT' }],
      ['SessionManager has no event "logged_out", so its listener is never called. Did you mean "logged-out"?', { code: 'BAILEYS_SESSIONS_EVENT' }],
    ])
  })

  it('every event that there is has a name that is known', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { sessions } = scenario()
    for (const name of ['status', 'qr', 'pairing-code', 'socket', 'connected', 'disconnected', 'restored', 'creds-restored', 'logged-out', 'error'] as const)
      sessions.on(name, () => undefined)
    expect(warn).not.toHaveBeenCalled()
  })

  it('what is no function is a TypeError', () => {
    expect(() => scenario().sessions.on('status', anything(5))).toThrow(new TypeError('Option "listener" must be a function, but is 5.'))
  })
})
