import type { WASocket } from '@whiskeysockets/baileys'
import { claimNotifications } from './claim-notifications.js'

/** The notifications of a link that must be confirmed with a passkey, in their order. */
const TYPES = ['passkey_prologue_request', 'crsc_continuation']

/** What happens when a passkey is asked for. */
export interface PasskeyNotice {
  readonly socket: WASocket
  readonly isLinked: () => boolean
  /** Told that a passkey is asked for. */
  readonly onAsked: () => void
  /** Told when the request could not be acknowledged. */
  readonly onProblem: (problem: string, cause: unknown) => void
}

/**
 * Notices that WhatsApp asks for a passkey before it links a phone (upstream #2672). Only a browser on WhatsApp's own origin can answer;
 * Baileys 7.0.0-rc14 drops the request, and waits in silence until the QR codes run out.
 * To be deleted once every supported version tells of the request.
 */
export function noticePasskey({ socket, isLinked, onAsked, onProblem }: PasskeyNotice): void {
  for (const type of TYPES) {
    claimNotifications(socket, {
      type,
      claims: () => !isLinked(),
      handle: () => onAsked(),
      onProblem: (cause) => onProblem('WhatsApp asked for a passkey, but the library could not acknowledge the request.', cause),
    })
  }
}
