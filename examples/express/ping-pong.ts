import type { SessionManager } from 'baileys-sessions'

/** Answers "ping" with "pong" in every session, across reconnects: each new socket gets the handler before it can emit anything. */
export function answerPings(sessions: SessionManager, onFailure: (error: unknown) => void): void {
  sessions.on('socket', ({ sessionId, socket }) => {
    // Of both types: `notify` is what arrives now, `append` what WhatsApp kept while this process was down.
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        const text = message?.conversation ?? message?.extendedTextMessage?.text
        const chat = key.remoteJid
        if (text?.trim().toLowerCase() !== 'ping' || key.fromMe === true || typeof chat !== 'string') continue
        // Answering a contact's status would post a status of your own, for everybody.
        if (chat.endsWith('@broadcast')) continue
        // The current socket: this one may be gone by now.
        sessions.getSocket(sessionId)?.sendMessage(chat, { text: 'pong' }).catch(onFailure)
      }
    })
  })
}
