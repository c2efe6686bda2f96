import type { SessionManager } from 'baileys-sessions'

/** Answers "ping" with "pong", in every session, for good: each new socket gets the handler before it can emit anything. */
export function answerPings(sessions: SessionManager, onFailure: (error: unknown) => void): void {
  sessions.on('socket', ({ sessionId, socket }) => {
    // Of both types: `notify` is what arrives now, `append` what WhatsApp kept while this process was down.
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        const text = message?.conversation ?? message?.extendedTextMessage?.text
        const chat = key.remoteJid
        if (text?.trim().toLowerCase() !== 'ping' || key.fromMe === true || typeof chat !== 'string') continue
        // An answer to the status of a contact would be a status of one's own, for everybody.
        if (chat.endsWith('@broadcast')) continue
        // The socket of now: this one may be gone by the time.
        sessions.getSocket(sessionId)?.sendMessage(chat, { text: 'pong' }).catch(onFailure)
      }
    })
  })
}
