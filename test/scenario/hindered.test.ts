import { describe, expect, it } from 'vitest'
import type { SessionSnapshot } from '../../src/index.js'
import { inFakeTime, pass, type Scenario, scenario, within } from '../support/scenario.js'

inFakeTime()

const HOUR_MS = 3_600_000

const statusOf = async ({ sessions }: Scenario): Promise<SessionSnapshot> => sessions.getStatus('s')

async function connected(): Promise<Scenario> {
  const made = scenario()
  await made.store.seed('s')
  await within(made.sessions.restoreSession('s'))
  return made
}

function lock(made: Scenario, reachoutTimeLock: object): void {
  made.socket().ev.emit('connection.update', { reachoutTimeLock })
}

describe('lastFrameAt, lastMessageAt', () => {
  it('say when something came, and when a message came or was taken; they send no event and write nothing', async () => {
    const made = await connected()
    const opened = await statusOf(made)
    expect(opened.lastFrameAt).toEqual(opened.since)
    expect(opened).not.toHaveProperty('lastMessageAt')
    const [told, rows] = [made.told.length, await made.repository.findAll()]

    await pass(1000)
    made.socket().receiveNode({ tag: 'ib', attrs: {} })
    const frameAt = new Date()
    expect(await statusOf(made)).toMatchObject({ lastFrameAt: frameAt })
    expect(await statusOf(made)).not.toHaveProperty('lastMessageAt')

    await pass(1000)
    made.socket().receive('hello')
    expect(await statusOf(made)).toMatchObject({ lastFrameAt: new Date(), lastMessageAt: new Date() })

    await pass(1000)
    await made.socket().sendMessage('4915187654321@s.whatsapp.net', { text: 'hello' })
    const sentAt = new Date()
    await pass(1000)
    made.socket().receiveNode({ tag: 'ack', attrs: { id: 'A', class: 'message', error: '479' } })
    expect(await statusOf(made)).toMatchObject({ lastFrameAt: new Date(), lastMessageAt: sentAt })

    expect(made.told).toHaveLength(told)
    expect(await made.repository.findAll()).toEqual(rows)
  })

  it('are of the session: a reconnect keeps them, a delete does not', async () => {
    const made = await connected()
    made.socket().receive('hello')
    const at = new Date()
    await pass(500)
    void made.socket().close(428)
    await pass(200)
    expect(await statusOf(made)).toMatchObject({ status: 'reconnecting', lastMessageAt: at })
    await within(made.sessions.delete('s'))
    expect(await statusOf(made)).not.toHaveProperty('lastFrameAt')
  })
})

describe('not_responding', () => {
  it('is shown while nothing comes, and gone as soon as something does', async () => {
    const made = await connected()
    const { since } = await statusOf(made)
    made.socket().ws.emit('message', 'a frame')
    await pass(49_000)
    expect((await statusOf(made)).reason).toBeNull()
    await pass(2000)
    expect(await statusOf(made)).toMatchObject({ status: 'connected', isConnected: true, reason: 'not_responding', since })
    expect((await statusOf(made)).message).toContain('not answering')
    expect(made.sessions.getSocket('s')).toBe(made.socket())
    made.socket().ws.emit('message', 'a frame')
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: null, message: 'Connected.' })
    expect(made.statuses().slice(-3)).toEqual(['connected', 'connected not_responding', 'connected'])
  })

  it('ends with the connection, when Baileys does not give up before', async () => {
    const made = await connected()
    made.socket().ws.emit('message', 'a frame')
    await pass(91_000)
    expect(made.events('disconnected').at(-1)).toMatchObject({ cause: 'connection_lost', willRetry: true })
    await pass(5000)
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: null })
  })
})

describe('reachout_locked', () => {
  it('is shown beside connected until the time that WhatsApp said, and ends by itself', async () => {
    const made = await connected()
    const until = new Date(Date.now() + 48 * HOUR_MS)
    lock(made, { isActive: true, timeEnforcementEnds: until, enforcementType: 'DEFAULT' })
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: 'reachout_locked', restrictedUntil: until })
    expect(await within(made.repository.find('s'))).toMatchObject({ status: 'connected', reason: 'reachout_locked' })
    await pass(48 * HOUR_MS - 1)
    expect((await statusOf(made)).reason).toBe('reachout_locked')
    await pass(1)
    expect((await statusOf(made)).reason).toBeNull()
    expect(await statusOf(made)).not.toHaveProperty('restrictedUntil')
    expect(made.statuses().slice(-3)).toEqual(['connected', 'connected reachout_locked', 'connected'])
  })

  it('is told once, however often WhatsApp says so, and again when the time changes', async () => {
    const made = await connected()
    const until = new Date(Date.now() + HOUR_MS)
    for (let notice = 0; notice < 5; notice += 1) lock(made, { isActive: true, timeEnforcementEnds: new Date(until) })
    expect(made.statuses().filter((status) => status.endsWith('reachout_locked'))).toHaveLength(1)
    lock(made, { isActive: true, timeEnforcementEnds: new Date(until.getTime() + HOUR_MS) })
    expect(made.statuses().filter((status) => status.endsWith('reachout_locked'))).toHaveLength(2)
    lock(made, { isActive: false })
    expect((await statusOf(made)).reason).toBeNull()
  })

  it('is of the account: after a reconnect it still holds, and the connection is told once', async () => {
    const made = await connected()
    const until = new Date(Date.now() + HOUR_MS)
    lock(made, { isActive: true, timeEnforcementEnds: until })
    void made.socket().close(428)
    await pass(5000)
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: 'reachout_locked', restrictedUntil: until })
    expect(made.statuses().slice(-2)).toEqual(['connecting connection_lost', 'connected reachout_locked'])
  })

  it('is not of the next account: a phone that is linked after a logout begins without it', async () => {
    const made = await connected()
    lock(made, { isActive: true, timeEnforcementEnds: new Date(Date.now() + 48 * HOUR_MS) })
    void made.socket().close(401)
    await pass(1000)
    expect((await statusOf(made)).status).toBe('logged_out')
    await within(made.sessions.connect('s'))
    made.socket().pairSuccess({ phone: '49151000009' })
    void made.socket().close(515)
    await pass(1000)
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: null, phoneNumber: '49151000009' })
    expect(await statusOf(made)).not.toHaveProperty('restrictedUntil')
  })

  it('waits behind not_responding, and comes back after it', async () => {
    const made = await connected()
    lock(made, { isActive: true, timeEnforcementEnds: new Date(Date.now() + HOUR_MS) })
    made.socket().ws.emit('message', 'a frame')
    await pass(51_000)
    expect((await statusOf(made)).reason).toBe('not_responding')
    made.socket().ws.emit('message', 'a frame')
    expect((await statusOf(made)).reason).toBe('reachout_locked')
  })

  const refuse = (made: Scenario, error: string): void => {
    made.socket().ev.emit('messages.update', [{ key: { id: 'A', fromMe: true }, update: { messageStubParameters: [error] } }])
  }

  it('follows from a message that is refused with 463 where Baileys cannot ask until when: for an hour from the last one', async () => {
    const made = await connected()
    refuse(made, '479')
    await pass(0)
    expect((await statusOf(made)).reason).toBeNull()
    refuse(made, '463')
    await pass(0)
    expect((await statusOf(made)).reason).toBe('reachout_locked')
    expect(await statusOf(made)).not.toHaveProperty('restrictedUntil')
    await pass(HOUR_MS - 1000)
    refuse(made, '463')
    await pass(HOUR_MS - 1000)
    expect((await statusOf(made)).reason).toBe('reachout_locked')
    await pass(1000)
    expect((await statusOf(made)).reason).toBeNull()
  })

  it('follows from the acknowledgement itself: Baileys may keep back what it makes of it', async () => {
    const made = await connected()
    made.socket().receiveNode({ tag: 'ack', attrs: { id: 'A', class: 'message', error: '463' } })
    await pass(0)
    expect((await statusOf(made)).reason).toBe('reachout_locked')
  })

  it('is asked for after a 463 where Baileys can: it may be the contact that lets nobody in', async () => {
    const made = await connected()
    let isActive = false
    let asked = 0
    const fetchAccountReachoutTimelock = async (): Promise<void> => {
      asked += 1
      await Promise.resolve()
      lock(made, { isActive })
    }
    Object.assign(made.socket(), { fetchAccountReachoutTimelock })
    refuse(made, '463')
    refuse(made, '463')
    await pass(0)
    expect({ asked, reason: (await statusOf(made)).reason }).toEqual({ asked: 1, reason: null })
    isActive = true
    refuse(made, '463')
    await pass(0)
    expect({ asked, reason: (await statusOf(made)).reason }).toEqual({ asked: 2, reason: 'reachout_locked' })
  })
})

describe('message_capped', () => {
  it('is shown until the cycle ends, or WhatsApp takes it back', async () => {
    const made = await connected()
    const endsAt = Math.floor(Date.now() / 1000) + 3600
    const tell = (status: string): void => {
      made.socket().ev.emit('message-capping.update', { capping_status: status, cycle_end_timestamp: String(endsAt) } as never)
    }
    tell('SECOND_WARNING')
    expect((await statusOf(made)).reason).toBeNull()
    tell('CAPPED')
    expect(await statusOf(made)).toMatchObject({ status: 'connected', reason: 'message_capped', restrictedUntil: new Date(endsAt * 1000) })
    tell('NONE')
    expect((await statusOf(made)).reason).toBeNull()
    tell('CAPPED')
    await pass(HOUR_MS)
    expect((await statusOf(made)).reason).toBeNull()
  })
})

describe('messages that cannot be decrypted', () => {
  const fail = (made: Scenario, count: number, undecryptable = 'Bad MAC'): string[] =>
    Array.from({ length: count }, () => made.socket().receive('?', { undecryptable }).key.id ?? '')

  it('are counted for an hour, and forgotten when they come again readable', async () => {
    const made = await connected()
    const [first = ''] = fail(made, 3)
    fail(made, 2, 'Message absent from node')
    expect(await statusOf(made)).toMatchObject({ undecryptedMessages: 3 })
    made.socket().receive('again', { id: first })
    expect(await statusOf(made)).toMatchObject({ undecryptedMessages: 2 })
    await pass(HOUR_MS)
    expect(await statusOf(made)).not.toHaveProperty('undecryptedMessages')
    expect(made.events('error')).toEqual([])
  })

  it('are told of as one error an hour, from ten on', async () => {
    const made = await connected()
    fail(made, 9)
    expect(made.events('error')).toEqual([])
    fail(made, 500)
    expect(made.events('error').map(({ error }) => [error.code, error.sessionId])).toEqual([['DECRYPTION_FAILING', 's']])
    await pass(HOUR_MS)
    fail(made, 20)
    expect(made.events('error')).toHaveLength(2)
  })

  it('that come again and fail again are one each', async () => {
    const made = await connected()
    for (let retry = 0; retry < 20; retry += 1) made.socket().receive('?', { id: 'A', undecryptable: 'Bad MAC' })
    expect(await statusOf(made)).toMatchObject({ undecryptedMessages: 1 })
    expect(made.events('error')).toEqual([])
  })
})
