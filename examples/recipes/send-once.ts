import { createHash } from 'node:crypto'
import type { AnyMessageContent } from '@whiskeysockets/baileys'
import type { SessionManager } from 'baileys-sessions'

/** What was sent, in the application's database. */
export interface SentLedger {
  has(key: string): Promise<boolean>
  add(key: string): Promise<void>
}

/** A message, and the name that the application knows it by, such as `order-4711-shipped`. */
export interface Outgoing {
  readonly key: string
  readonly jid: string
  readonly content: AnyMessageContent
}

/**
 * Sends a message once, however often it is called with the same key: after a crash, a lost connection, or a retry of a queue. It waits for
 * a connection. When nobody knows whether WhatsApp got it, it is sent again under the same id: it is the same message, and not a second one.
 */
export async function sendOnce(sessions: SessionManager, sessionId: string, { key, jid, content }: Outgoing, sent: SentLedger): Promise<void> {
  if (await sent.has(key)) return
  const socket = await sessions.waitUntilConnected(sessionId, { timeoutMs: 60_000 })
  await socket.sendMessage(jid, content, { messageId: messageIdOf(sessionId, key) })
  await sent.add(key)
}

/** The same id for the same key, in the form of the ids of WhatsApp Web. */
function messageIdOf(sessionId: string, key: string): string {
  const digest = createHash('sha256').update(`${sessionId}\n${key}`).digest('hex')
  return `3EB0${digest.slice(0, 18).toUpperCase()}`
}
