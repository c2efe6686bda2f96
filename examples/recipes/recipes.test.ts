import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import test from 'node:test'
import type { WAMessage } from '@whiskeysockets/baileys'
import { CREDS_KEY, MemorySessionStore, SessionManager } from 'baileys-sessions'
import { openSqliteDatabase } from 'baileys-sessions/sqlite'
import { connectionRepositoryContract, FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { CustomerConnections } from './customer-connections.js'
import { GroupCache } from './group-cache.js'
import { keepMessages } from './message-store.js'
import { phoneOfSender } from './phone-of-sender.js'
import { proxyPerSession } from './proxy-per-session.js'
import { sendOnce } from './send-once.js'
import { SentMessages } from './sent-messages.js'

test('a sent message is found again, until newer ones have taken its place', async () => {
  const sent = new SentMessages(2)
  const own = (id: string): WAMessage => ({ key: { id, fromMe: true }, message: { conversation: id } })
  sent.keep([own('a'), own('b'), { ...own('theirs'), key: { id: 'theirs', fromMe: false } }, own('c')])
  const { getMessage } = sent.socketConfig
  assert.equal(await getMessage?.({ id: 'a' }), undefined)
  assert.deepEqual(await getMessage?.({ id: 'b' }), { conversation: 'b' })
  assert.equal(await getMessage?.({ id: 'theirs' }), undefined)
})

test('a session without a proxy is never dialled, and one with a proxy goes through it', async () => {
  const store = new MemorySessionStore()
  for (const id of ['shop', 'lost']) await store.write(id, [{ ...CREDS_KEY, value: pairedCreds() }])
  const agent = new Agent()
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  const socketConfig = proxyPerSession(async (sessionId) => (sessionId === 'shop' ? agent : undefined))
  await using sessions = new SessionManager({ store, baileys, socketConfig, version: 'baileys', retry: { maxRetries: 0 } })
  sessions.on('error', () => undefined)
  await sessions.restoreSession('lost')
  assert.equal(baileys.configs.length, 0)
  assert.equal((await sessions.getStatus('lost')).status, 'reconnecting')
  assert.equal((await sessions.restoreSession('shop')).outcome, 'restored')
  assert.equal(baileys.configs[0]?.agent, agent)
})

test('a group is asked for anew when it changes, and is known from then on', async () => {
  const store = new MemorySessionStore()
  await store.write('shop', [{ ...CREDS_KEY, value: pairedCreds() }])
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = new SessionManager({ store, baileys, version: 'baileys' })
  await sessions.restoreSession('shop')
  const socket = baileys.sockets[0]
  assert.ok(socket)
  const cache = new GroupCache()
  let asked = 0
  cache.follow({ ev: socket.ev, groupMetadata: async (id) => ({ id, owner: undefined, subject: `asked ${++asked} times`, participants: [] }) })
  const { cachedGroupMetadata } = cache.socketConfig
  assert.equal(await cachedGroupMetadata?.('g@g.us'), undefined)
  socket.ev.emit('groups.update', [{ id: 'g@g.us' }])
  await new Promise(setImmediate)
  assert.equal((await cachedGroupMetadata?.('g@g.us'))?.subject, 'asked 1 times')
  socket.ev.emit('group-participants.update', { id: 'g@g.us', author: '', participants: [], action: 'add' })
  await new Promise(setImmediate)
  assert.equal((await cachedGroupMetadata?.('g@g.us'))?.subject, 'asked 2 times')
})

test('messages are kept on every socket of a session, also after a reconnect', async () => {
  const store = new MemorySessionStore()
  await store.write('shop', [{ ...CREDS_KEY, value: pairedCreds() }])
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = new SessionManager({ store, baileys, version: 'baileys', reconnect: { initialDelayMs: 1, jitter: 'none' } })
  const kept: string[] = []
  keepMessages(
    sessions,
    async (sessionId, { message }) => void kept.push(`${sessionId}: ${message?.conversation ?? ''}`),
    (error) => assert.fail(String(error)),
  )
  await sessions.restoreSession('shop')
  baileys.sockets[0]?.receive({ conversation: 'first' })
  const reconnected = new Promise((resolve) => sessions.once('connected', resolve))
  await baileys.sockets[0]?.close(428)
  await reconnected
  baileys.sockets[1]?.receive({ conversation: 'second' })
  await new Promise(setImmediate)
  assert.deepEqual(kept, ['shop: first', 'shop: second'])
})

test('the number of a sender is found behind a device, an alternative address and a LID', async () => {
  const lids = { getPNForLID: async (lid: string) => (lid === '77@lid' ? '491700000001:2@s.whatsapp.net' : null) }
  assert.equal(await phoneOfSender({ remoteJid: '491700000001:3@s.whatsapp.net' }, lids), '491700000001')
  assert.equal(await phoneOfSender({ remoteJid: '88@lid', remoteJidAlt: '491700000002@s.whatsapp.net' }, lids), '491700000002')
  assert.equal(await phoneOfSender({ remoteJid: 'g@g.us', participant: '77@lid' }, lids), '491700000001')
  assert.equal(await phoneOfSender({ remoteJid: '99@lid' }, lids), null)
})

test('a message is sent once, and after an unknown outcome again under the same id', async () => {
  const store = new MemorySessionStore()
  await store.write('shop', [{ ...CREDS_KEY, value: pairedCreds() }])
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = new SessionManager({ store, baileys, version: 'baileys' })
  await sessions.restoreSession('shop')
  const ids: unknown[] = []
  const socket = baileys.sockets[0]
  assert.ok(socket)
  const send = socket.sendMessage.bind(socket)
  Object.assign(socket, {
    sendMessage: async (jid: string, content: { text: string }, { messageId }: { messageId?: string } = {}) => {
      ids.push(messageId)
      return send(jid, content)
    },
  })
  const keys = new Set<string>()
  let isLedgerDown = true
  const ledger = {
    has: async (key: string) => keys.has(key),
    add: async (key: string) => {
      if (isLedgerDown) throw new Error('The database is away.')
      keys.add(key)
    },
  }
  const order = { key: 'order-1-shipped', jid: '491700000002@s.whatsapp.net', content: { text: 'On its way.' } }
  await assert.rejects(sendOnce(sessions, 'shop', order, ledger))
  isLedgerDown = false
  await sendOnce(sessions, 'shop', order, ledger)
  await sendOnce(sessions, 'shop', order, ledger)
  assert.equal(ids.length, 2)
  assert.equal(ids[0], ids[1])
  assert.match(String(ids[0]), /^3EB0[0-9A-F]{18}$/u)
})

test('the connections in a column of a table that is there already', async (context) => {
  const makeCustomers = async (): Promise<CustomerConnections> => {
    const database = await openSqliteDatabase(':memory:')
    database.exec('CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT, whatsapp TEXT)')
    return new CustomerConnections(database)
  }
  for (const { name, run } of connectionRepositoryContract(makeCustomers)) await context.test(name, run)
})
