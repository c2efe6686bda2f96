import { randomBytes } from 'node:crypto'
import type { AuthenticationCreds, BinaryNode } from '@whiskeysockets/baileys'

/** The text of a QR code, as Baileys makes it: with the secret that it saw when the registration began, not the one that the creds hold by now. */
export function fakeQr({ noiseKey, signedIdentityKey }: AuthenticationCreds, secret: string): string {
  const keys = [noiseKey, signedIdentityKey].map((pair) => Buffer.from(pair.public).toString('base64'))
  return [`2@${randomBytes(12).toString('base64')}`, ...keys, secret, '1'].join(',')
}

/** What a client sends to ask for a pairing code. */
export function pairingHello(id: string): BinaryNode {
  return { tag: 'iq', attrs: { type: 'set', xmlns: 'md', id }, content: [{ tag: 'link_code_companion_reg', attrs: { stage: 'companion_hello' } }] }
}
