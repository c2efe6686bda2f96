/** How often things may be done in a minute. */
export interface RatesPerMinute {
  /** Connects, for each company. */
  connect: number
  /** Pairing codes, for each company: WhatsApp blocks numbers for which too many are asked. */
  pairingCode: number
  /** Attempts to sign in, for each address. */
  signIn: number
}

/** The rates that nobody has set others for. */
export const DEFAULT_RATES: Readonly<RatesPerMinute> = { connect: 30, pairingCode: 5, signIn: 30 }
