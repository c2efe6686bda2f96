import type { WAMessage } from '@whiskeysockets/baileys'

/** The text of a message; `null` when it is none, or could not be decrypted. */
export function textOf({ message }: WAMessage): string | null {
  return message?.conversation ?? message?.extendedTextMessage?.text ?? null
}

/** Whether somebody else sent it; some versions of Baileys do not mark as own what the linked phone tells its devices. */
export function isFromOthers({ key, message }: WAMessage): boolean {
  return key.fromMe !== true && !message?.protocolMessage
}
