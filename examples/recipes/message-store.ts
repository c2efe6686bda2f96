import type { WAMessage } from '@whiskeysockets/baileys'
import type { SessionManager } from 'baileys-sessions'

/** Where messages are kept. Called again with the same message, it must change nothing: WhatsApp sends again what was not acknowledged. */
export type KeepMessage = (sessionId: string, message: WAMessage) => Promise<void>

/**
 * Keeps every message of every session: those that come now (`notify`), those that waited while this process was down and those that the
 * phone sent (`append`), and the history that a newly linked phone hands over.
 */
export function keepMessages(sessions: SessionManager, keep: KeepMessage, onFailure: (error: unknown) => void): void {
  sessions.on('socket', ({ sessionId, socket }) => {
    const keepAll = (messages: readonly WAMessage[]): void => {
      for (const message of messages) keep(sessionId, message).catch(onFailure)
    }
    socket.ev.on('messages.upsert', ({ messages }) => keepAll(messages))
    socket.ev.on('messaging-history.set', ({ messages }) => keepAll(messages))
  })
}
