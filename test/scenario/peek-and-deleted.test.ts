import { describe, expect, it } from 'vitest'
import { MemorySessionStore } from '../../src/index.js'
import { codeOf, inFakeTime, pass, scenario, type Scenario, within } from '../support/scenario.js'

inFakeTime()

async function connected(made: Scenario = scenario()): Promise<Scenario> {
  await made.store.seed('s', { phone: '49151000001' })
  await within(made.sessions.connect('s', { metadata: { tenant: 'a' } }))
  await within(made.sessions.waitUntilConnected('s'))
  return made
}

describe('peek', () => {
  it('shows at once what getStatus would show of a session that runs here', async () => {
    const made = await connected()
    const seen = made.sessions.peek('s')
    expect(seen).toMatchObject({ sessionId: 's', status: 'connected', isConnected: true, isLocal: true, phoneNumber: '49151000001', metadata: { tenant: 'a' } })
    expect(await made.sessions.getStatus('s')).toEqual(seen)
  })

  it('knows nothing of a stored session that nobody touched, and does not ask for it', async () => {
    const made = scenario()
    await made.store.seed('s')
    const asked: string[] = []
    made.store.before = ({ verb }) => void asked.push(verb)
    expect(['s', 'nobody', '', 'toString'].map((sessionId) => made.sessions.peek(sessionId))).toEqual([undefined, undefined, undefined, undefined])
    await pass(60_000)
    expect([asked, made.baileys.sockets]).toEqual([[], []])
  })

  it('knows nothing of a session that was looked at, and does not run', async () => {
    const made = scenario()
    await made.store.seed('s')
    await within(made.sessions.getStatus('s', { restore: false }))
    await within(made.sessions.getStatus('nobody'))
    expect([made.sessions.peek('s'), made.sessions.peek('nobody')]).toEqual([undefined, undefined])
  })

  it('follows a session from its first call to its end', async () => {
    const made = scenario()
    await made.store.seed('s')
    const seen: unknown[] = []
    made.sessions.once('status', ({ status }) => {
      seen.push(status, made.sessions.peek('s')?.status)
    })
    await within(made.sessions.restoreSession('s'))
    expect(seen).toEqual(['connecting', 'connecting'])
    expect(made.sessions.peek('s')).toMatchObject({ status: 'connected' })
    await made.socket().close(401)
    await pass(10)
    expect(made.sessions.peek('s')).toMatchObject({ status: 'logged_out', reason: 'logged_out' })
    await within(made.sessions.delete('s'))
    expect(made.sessions.peek('s')).toBeUndefined()
  })

  it('gives an object that is the callers own, and does not throw after close', async () => {
    const made = await connected()
    const seen = made.sessions.peek('s')
    if (seen !== undefined) seen.status = 'failed'
    expect(made.sessions.peek('s')).toMatchObject({ status: 'connected' })
    await within(made.sessions.close())
    expect(made.sessions.peek('s')?.isConnected ?? false).toBe(false)
  })
})

describe('the event "deleted"', () => {
  it('comes once all is gone, after the status and before delete resolves', async () => {
    const made = await connected()
    const order: string[] = []
    made.sessions.on('status', ({ reason }) => void order.push(`status ${reason ?? ''}`))
    made.sessions.on('deleted', (event) => {
      order.push('deleted')
      expect(event).toEqual({ sessionId: 's' })
      expect(made.sessions.peek('s')).toBeUndefined()
    })
    await within(made.sessions.delete('s').then(() => order.push('resolved')))
    expect(order).toEqual(['status never_paired', 'deleted', 'resolved'])
    expect([await made.store.dump('s'), await made.repository.find('s')]).toEqual([{}, null])
  })

  it('comes before a connect that waits for it begins anew', async () => {
    const made = await connected()
    const order: string[] = []
    made.sessions.on('status', ({ status, reason }) => void order.push(reason === null ? status : `${status} ${reason}`))
    made.sessions.on('deleted', () => void order.push('deleted'))
    const gone = made.sessions.delete('s')
    await within(Promise.all([made.sessions.connect('s'), gone]))
    expect(order.indexOf('deleted')).toBe(order.indexOf('disconnected never_paired') + 1)
    expect(order.slice(order.indexOf('deleted') + 1)).toContain('connecting starting')
  })

  it('comes for an id with nothing stored, too', async () => {
    const made = scenario()
    await within(made.sessions.delete('nobody'))
    expect(made.events('deleted')).toEqual([{ sessionId: 'nobody' }])
  })

  it('does not come after a logout or a stop, whoever asked for it', async () => {
    const made = await connected()
    await within(made.sessions.stop('s'))
    await within(made.sessions.connect('s'))
    await within(made.sessions.waitUntilConnected('s'))
    await made.socket().close(401)
    await pass(10)
    await within(made.sessions.logout('s'))
    expect(made.events('logged-out').length).toBeGreaterThan(0)
    expect(made.events('deleted')).toEqual([])
  })

  it('does not come when the deletion failed, in the store or in the repository', async () => {
    const made = await connected()
    made.store.before = ({ verb }) => {
      if (verb === 'delete') throw new Error('the disk is gone')
    }
    expect(await within(codeOf(made.sessions.delete('s')))).toBe('STORE_UNAVAILABLE')
    made.store.before = () => undefined
    const deleteRow = made.repository.delete.bind(made.repository)
    made.repository.delete = () => Promise.reject(new Error('the database is gone'))
    expect(await within(codeOf(made.sessions.delete('s')))).not.toBe('resolved')
    expect(made.events('deleted')).toEqual([])
    made.repository.delete = deleteRow
    await within(made.sessions.delete('s'))
    expect(made.events('deleted')).toHaveLength(1)
  })

  it('comes from the process that deletes, and from no other', async () => {
    const store = new MemorySessionStore()
    const [here, there] = [scenario({ around: () => store }), scenario({ around: () => store })]
    await within(here.sessions.delete('s'))
    expect([here.events('deleted').length, there.events('deleted').length]).toEqual([1, 0])
  })
})
