import type { WASocket } from '@whiskeysockets/baileys'
import { type AccountNews, isRefusedForLimit, readMessageCap, readReachoutLock, refusesForLimit } from './account-news.js'
import { type DecryptionNews, readDecryption } from './message-stubs.js'

/** Who is told of what goes over a socket, beside the news of its connection. */
export interface SocketObserver {
  /** Something came. */
  onFrame(): void
  /** A message came, or WhatsApp took one that was sent. */
  onMessage(): void
  /** Nothing came for longer than it should take, or something came again. */
  onSilence(isSilent: boolean): void
  /** WhatsApp said what the account may not do. */
  onAccountNews(news: AccountNews): void
  /** Whether a message could be decrypted. */
  onDecryption(news: DecryptionNews): void
}

/** What Baileys tells the acknowledgement of a message under. */
const MESSAGE_ACK = 'CB:ack,class:message'

interface Acknowledgement {
  readonly attrs?: Record<string, string>
}

/** Tells of what goes over a socket. `ending` aborts when its end begins: from then on nothing is asked. */
export function observeSocket(socket: WASocket, observer: SocketObserver, ending: AbortSignal): void {
  const { ws, ev } = socket
  // Baileys emits all three for every frame anyway, so that a listener is all that they cost.
  ws.on('frame', () => observer.onFrame())
  ws.on('CB:message', () => observer.onMessage())
  ws.on(MESSAGE_ACK, ({ attrs }: Acknowledgement) => {
    if (attrs?.['error'] === undefined) observer.onMessage()
  })
  ev.on('messages.upsert', ({ messages }) => {
    for (const message of messages) {
      const news = readDecryption(message)
      if (news !== null) observer.onDecryption(news)
    }
  })
  observeAccount(socket, observer, ending)
}

function observeAccount(socket: WASocket, observer: SocketObserver, ending: AbortSignal): void {
  const tell = (news: AccountNews | null): void => {
    if (news !== null) observer.onAccountNews(news)
  }
  let isAsking = false
  const ask = (): void => {
    if (isAsking || ending.aborted) return
    isAsking = true
    void askForLock(socket).then((isAnswered) => {
      isAsking = false
      if (!isAnswered) tell({ limit: 'reachout_locked', isActive: true, until: null })
    })
  }
  socket.ev.on('connection.update', (update) => tell(readReachoutLock(update)))
  socket.ev.on('message-capping.update', (cap) => tell(readMessageCap(cap)))
  socket.ev.on('messages.update', (updates) => {
    if (updates.some(isRefusedForLimit)) ask()
  })
  // While Baileys buffers, it merges that update into the `messages.upsert` of the message itself.
  socket.ws.on(MESSAGE_ACK, ({ attrs }: Acknowledgement) => {
    if (refusesForLimit(attrs)) ask()
  })
}

/**
 * The refusal of a message does not say until when, nor whether the account is locked at all or the contact wants a token first. Baileys
 * 7.0.0-rc14 can ask, tells the answer as `connection.update`, and does not ask by itself: its two names for 463 shadow each other
 * (`handleBadAck`). Resolves with whether there was an answer.
 */
async function askForLock(socket: object): Promise<boolean> {
  const ask: unknown = Reflect.get(socket, 'fetchAccountReachoutTimelock')
  if (typeof ask !== 'function') return false
  try {
    await Reflect.apply(ask, socket, [])
    return true
  } catch {
    return false
  }
}
