import { describe, expect, it } from 'vitest'
import { inFakeTime, scenario, within, type Scenario } from '../support/scenario.js'

inFakeTime()

/** The ids of the messages that the application was given. */
function hear({ sessions }: Scenario): (string | null | undefined)[] {
  const heard: (string | null | undefined)[] = []
  sessions.on('socket', ({ socket }) => { socket.ev.on('messages.upsert', ({ messages }) => { heard.push(...messages.map(({ key }) => key.id)) }) })
  return heard
}

describe('invariant 12: buffered messages', () => {
  it.each(['stop', 'close', 'connection lost', 'logout'] as const)('invariant 12: are flushed to the application before the end: %s', async (end) => {
    const made = scenario()
    made.script = (socket) => { socket.open({ offline: 'pending' }) }
    await made.store.seed('s')
    const heard = hear(made)
    await within(made.sessions.restoreSession('s'))
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    expect(heard).toEqual([])
    if (end === 'connection lost') await made.socket().close(428)
    else await within<unknown>(end === 'close' ? made.sessions.close() : made.sessions[end]('s'))
    expect(heard).toEqual(['buffered'])
  })

  it.each(['half-open', 'never'] as const)('invariant 12: are flushed though the peer is gone and Baileys never says so (%s)', async (ending) => {
    const made = scenario()
    made.script = (socket) => { socket.open({ offline: 'pending' }) }
    await made.store.seed('s')
    const heard = hear(made)
    await within(made.sessions.restoreSession('s'))
    made.socket().ending = ending
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    await within(made.sessions.stop('s'))
    expect(heard).toEqual(['buffered'])
  })

  it('invariant 12: a handler of the application that throws keeps no socket open', async () => {
    const made = scenario()
    made.script = (socket) => { socket.open({ offline: 'pending' }) }
    await made.store.seed('s')
    made.sessions.on('socket', ({ socket }) => { socket.ev.on('messages.upsert', () => { throw new Error('handler broke') }) })
    await within(made.sessions.restoreSession('s'))
    made.socket().ev.emit('messages.upsert', { messages: [{ key: { id: 'buffered' } }], type: 'append' })
    await within(made.sessions.stop('s'))
    expect(made.socket().isDestroyed).toBe(true)
  })
})
