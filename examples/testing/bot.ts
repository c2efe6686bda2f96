import { SessionManager, type SessionManagerOptions } from 'baileys-sessions'

/** The application under test: it says thanks for each message. You pass in whatever differs between production and a test. */
export function startBot(options: SessionManagerOptions): SessionManager {
  const sessions = new SessionManager(options)
  // What goes wrong in the background. Here the statuses tell enough; an application would log it.
  sessions.on('error', () => undefined)
  sessions.on('socket', ({ sessionId, socket }) => {
    // Of both types: `notify` is what arrives now, `append` what WhatsApp kept while this process was down.
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        const text = message?.conversation
        if (key.fromMe === true || typeof key.remoteJid !== 'string' || typeof text !== 'string') continue
        sessions
          .getSocket(sessionId)
          ?.sendMessage(key.remoteJid, { text: `Thank you for "${text}"!` })
          .catch(() => undefined)
      }
    })
  })
  return sessions
}
