/** The address of a user or of one of its devices, taken apart. */
export interface Jid {
  /** Phone number, or the user part of a lid. */
  user: string
  /** Device number; 0 is the phone. */
  device: number
  /** `s.whatsapp.net`, `lid`, … */
  server: string
}

/** Takes a jid apart; `undefined` when it is none. */
export function parseJid(jid: string | undefined): Jid | undefined {
  const parts = /^([^:@]*?)(?:_\d+)?(?::(\d+))?@(.+)$/.exec(jid ?? '')
  const [, user, device, server] = parts ?? []
  return user === undefined || server === undefined ? undefined : { user, device: Number(device ?? 0), server }
}

/** The jid of a device under its phone number. */
export function phoneJid(phone: string, device = 0): string {
  return `${phone}${device === 0 ? '' : `:${device}`}@s.whatsapp.net`
}

/** The jid of a device under its lid. */
export function lidJid(lid: string, device = 0): string {
  return `${lid}${device === 0 ? '' : `:${device}`}@lid`
}
