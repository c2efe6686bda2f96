import { randomBytes } from 'node:crypto'
import type { WAMessage } from '@whiskeysockets/baileys'

/** `proto.WebMessageInfo.StubType.CIPHERTEXT`. */
const CIPHERTEXT = 2

/** What a phone sends: a text, or the fields of a `proto.Message`. */
export type FakeMessageContent = string | NonNullable<WAMessage['message']>

/** How a message arrives. */
export interface FakeMessageOptions {
  /**
   * Who sent it: the digits of a number, or a jid, such as that of a group.
   * @defaultValue `'4915187654321'`
   */
  from?: string
  /**
   * Its id.
   * @defaultValue a random one
   */
  id?: string
  /**
   * `notify` for one that arrives now, `append` for one that arrived earlier.
   * @defaultValue `'notify'`
   */
  type?: 'notify' | 'append'
  /** Set when Baileys could not decrypt it: what it says then, such as `'Bad MAC'`. Listeners get a stub without the content. */
  undecryptable?: string
}

/** A message as Baileys hands it to listeners of `messages.upsert`. */
export function incomingMessage(
  content: FakeMessageContent,
  { from = '4915187654321', id = randomBytes(10).toString('hex').toUpperCase(), undecryptable }: FakeMessageOptions,
): WAMessage {
  const envelope: WAMessage = {
    key: { remoteJid: from.includes('@') ? from : `${from}@s.whatsapp.net`, fromMe: false, id },
    messageTimestamp: Math.floor(Date.now() / 1000),
    pushName: 'Somebody',
  }
  // The enum of the stub types is a value of Baileys, which is not loaded here.
  if (undecryptable !== undefined) return Object.assign(envelope, { messageStubType: CIPHERTEXT, messageStubParameters: [undecryptable] })
  return { ...envelope, message: typeof content === 'string' ? { conversation: content } : content }
}
