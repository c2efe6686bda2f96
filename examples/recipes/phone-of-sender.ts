import type { WAMessageKey } from '@whiskeysockets/baileys'

/** What Baileys knows of LIDs: `socket.signalRepository.lidMapping`, from version 7 on. */
export interface LidMapping {
  getPNForLID(lid: string): Promise<string | null>
}

/** A key, with the other address of the same person that version 7 adds. */
type Key = WAMessageKey & { readonly remoteJidAlt?: string | null; readonly participantAlt?: string | null }

/**
 * The phone number of whoever sent a message, in digits; `null` when WhatsApp does not tell it. A sender is named by phone number
 * (`@s.whatsapp.net`) or by LID (`@lid`): keep both with a contact, and look for either.
 */
export async function phoneOfSender({ remoteJid, participant, remoteJidAlt, participantAlt }: Key, lids: LidMapping): Promise<string | null> {
  // In a group the sender is the participant.
  const [jid, other] = participant ? [participant, participantAlt] : [remoteJid, remoteJidAlt]
  const named = [jid, other].find((address) => address?.endsWith('@s.whatsapp.net'))
  const found = named ?? (jid?.endsWith('@lid') ? await lids.getPNForLID(jid) : null)
  // An address may name a device, too: 491700000001:2@s.whatsapp.net.
  return found?.split(/[:@]/u)[0] ?? null
}
