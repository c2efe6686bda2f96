import type { WAMessage } from '@whiskeysockets/baileys'

/** The text of a message; `null` when it is none, or could not be decrypted. */
export function textOf({ message }: WAMessage): string | null {
  return message?.conversation ?? message?.extendedTextMessage?.text ?? null
}
