import type { SessionManager } from 'baileys-sessions'

/** Answers "ping" with "pong", in every session, for good: each new socket gets the handler before it can emit anything. */
export function answerPings(sessions: SessionManager, onFailure: (error: unknown) => void): void {
  sessions.on('socket', ({ sessionId, socket }) => {
    socket.ev.on('messages.upsert', ({ messages, type }) => {
      if (type !== 'notify') return
      for (const { key, message } of messages) {
        const text = message?.conversation ?? message?.extendedTextMessage?.text
        if (text?.trim().toLowerCase() !== 'ping' || key.fromMe === true || typeof key.remoteJid !== 'string') continue
        // The socket of now: this one may be gone by the time.
        sessions.getSocket(sessionId)?.sendMessage(key.remoteJid, { text: 'pong' }).catch(onFailure)
      }
    })
  })
}
