/** How often something may happen in a minute. */
export interface RatesPerMinute {
  /** Connects, for each company. */
  connect: number
  /** Pairing codes, for each company: WhatsApp blocks numbers that request too many. */
  pairingCode: number
  /** Attempts to sign in, for each address. */
  signIn: number
}

/** The default rates. */
export const DEFAULT_RATES: Readonly<RatesPerMinute> = { connect: 30, pairingCode: 5, signIn: 30 }
