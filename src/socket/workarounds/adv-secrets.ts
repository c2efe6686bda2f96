import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Bytes of an adv secret: what the official client takes. */
const SECRET_BYTES = 32

/** What a hosted account's signature begins with (Baileys 7.0.0-rc14, `WA_ADV_HOSTED_ACCOUNT_SIG_PREFIX`). */
const PREFIXES = [Buffer.alloc(0), Buffer.of(6, 5)]

/** A phone's proof that it has scanned a QR code: an HMAC with the secret in that code. */
export interface ScanProof {
  readonly details: Uint8Array
  readonly hmac: Uint8Array
}

/** The adv secrets of one registration, oldest first. The last one is in the creds, and the only one that a phone can link with. */
export class AdvSecrets {
  readonly #creds: { advSecretKey: string }
  readonly #known: Set<string>
  /** The secret that was in force when the last refresh was over. */
  #settled: string

  constructor(creds: { advSecretKey: string }) {
    this.#creds = creds
    this.#settled = creds.advSecretKey
    this.#known = new Set([this.#settled])
  }

  /** Puts a new secret into the creds, unless somebody else has done so since the last time. */
  refresh(): void {
    if (this.#creds.advSecretKey === this.#settled) this.#creds.advSecretKey = randomBytes(SECRET_BYTES).toString('base64')
    this.#settled = this.#current
  }

  /** The secret in the creds, of which note is taken: somebody else may have put it there. */
  get #current(): string {
    const { advSecretKey } = this.#creds
    this.#known.add(advSecretKey)
    return advSecretKey
  }

  /**
   * The text of a QR code with the secret of the creds in it: fields with commas between, alone or behind an address and `#`. `null`
   * when the text holds no secret of this registration.
   */
  renew(qr: string): string | null {
    const current = this.#current
    const start = qr.lastIndexOf('#') + 1
    const fields = qr.slice(start).split(',')
    const index = fields.findIndex((field) => this.#known.has(field))
    if (index < 0) return null
    fields[index] = current
    return qr.slice(0, start) + fields.join(',')
  }

  /** Whether a phone has scanned a code with an earlier secret. */
  isRetired({ details, hmac }: ScanProof): boolean {
    const current = this.#current
    return [...this.#known].some((secret) => secret !== current && PREFIXES.some((prefix) => isHmac(hmac, Buffer.concat([prefix, details]), secret)))
  }
}

function isHmac(hmac: Uint8Array, message: Uint8Array, secret: string): boolean {
  const expected = createHmac('sha256', Buffer.from(secret, 'base64')).update(message).digest()
  return expected.length === hmac.length && timingSafeEqual(expected, hmac)
}
