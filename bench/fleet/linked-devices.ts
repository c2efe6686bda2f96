import * as baileys from '@whiskeysockets/baileys'
import type { WhatsAppServer } from '../../src/testing/index.js'

const FIRST_PHONE = 491_700_000_000

/** A device that a server knows. */
export interface KnownDevice {
  /** How the server names it. */
  readonly deviceKey: string
  /** The text of its creds. */
  readonly creds: string
}

/** Links devices as a finished pairing would, without the pairing. */
export function linkDevices(server: WhatsAppServer, count: number): KnownDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const fresh = baileys.initAuthCreds()
    const { deviceKey } = server.linkDirect(fresh, { phone: String(FIRST_PHONE + index) })
    return { deviceKey, creds: JSON.stringify(fresh, baileys.BufferJSON.replacer) }
  })
}
