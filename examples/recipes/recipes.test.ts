import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import test from 'node:test'
import type { WAMessage } from '@whiskeysockets/baileys'
import { CREDS_KEY, MemorySessionStore, SessionManager } from 'baileys-sessions'
import { FakeBaileys, pairedCreds } from 'baileys-sessions/testing'
import { proxyPerSession } from './proxy-per-session.js'
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
  assert.equal((await sessions.restoreSession('shop')).outcome, 'restored')
  assert.equal(baileys.configs[0]?.agent, agent)
})
