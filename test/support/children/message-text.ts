import type { WAMessage, WASocket } from '@whiskeysockets/baileys'

/** The text of a message; `null` when it is none, or could not be decrypted. */
export function textOf({ message }: WAMessage): string | null {
  return message?.conversation ?? message?.extendedTextMessage?.text ?? null
}

/** Those that somebody else sent; some versions of Baileys do not mark as own what the linked phone tells its devices. */
export function fromOthers(messages: readonly WAMessage[], { user }: Pick<WASocket, 'user'>): WAMessage[] {
  const own = user?.id.split(/[:@]/u)[0]
  return messages.filter(({ key }) => key.fromMe !== true && key.remoteJid?.split('@')[0] !== own)
}
