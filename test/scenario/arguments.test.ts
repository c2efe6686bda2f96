import { describe, expect, it } from 'vitest'
import type { SessionManager } from '../../src/index.js'
import { inFakeTime, pass, scenario, within } from '../support/scenario.js'

inFakeTime()

/** What a caller in JavaScript may pass. */
const anything = (value: unknown): never => value as never

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
    ['metadata of connect', sessions => sessions.connect('s', { metadata: anything('gold') }), /"metadata" must be an object, but is gold/],
    ['metadata that is null', sessions => sessions.connect('s', { metadata: anything(null) }), /"metadata" must be an object, but is null/],
    ['signal of connect', sessions => sessions.connect('s', { signal: anything({ aborted: false }) }), /"signal.throwIfAborted" must be a function/],
    ['signal of restoreSession', sessions => sessions.restoreSession('s', { signal: anything('stop') }), /"signal" must be an object, but is stop/],
    ['signal of waitUntilConnected', sessions => sessions.waitUntilConnected('s', { signal: anything(null) }), /"signal" must be an object, but is null/],
    ['signal of restoreAll', sessions => sessions.restoreAll({ signal: anything(5) }), /"signal" must be an object, but is 5/],
    ['filter of restoreAll', sessions => sessions.restoreAll({ filter: anything(['s']) }), /"filter" must be a function, but is an object/],
    ['priority of restoreAll', sessions => sessions.restoreAll({ priority: anything(1) }), /"priority" must be a function, but is 1/],
    ['onProgress of restoreAll', sessions => sessions.restoreAll({ onProgress: anything(true) }), /"onProgress" must be a function, but is true/],
  ])('%s', async (_what, call, message) => {
    const made = scenario()
    await made.store.seed('s')
    const rejected = within(call(made.sessions)).catch((error: unknown) => error)
    expect(await rejected).toBeInstanceOf(TypeError)
    expect((await rejected as TypeError).message).toMatch(message)
    expect(made.baileys.sockets).toEqual([])
  })
})
