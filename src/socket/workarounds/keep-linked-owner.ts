import type { AuthenticationCreds } from '@whiskeysockets/baileys'

/**
 * Remembers who a device is linked to, and puts that back into the creds. Baileys overwrites `creds.me` with a number that has no device when
 * a pairing code is asked for (7.0.0-rc14 and 6.7.24, `requestPairingCode`): the session could not log in again, and would count as one
 * that was never linked. `refuse-pairing-code.ts` keeps its sockets from that; this is for whoever changes the creds otherwise.
 * Delete it once every supported version leaves `me` alone.
 */
export class LinkedOwner {
  readonly #creds: AuthenticationCreds
  #me: AuthenticationCreds['me']

  constructor(creds: AuthenticationCreds) {
    this.#creds = creds
    this.#me = isLinked(creds) ? creds.me : undefined
  }

  /** Who the device is linked to, by the creds or from memory; `undefined` when no phone was linked. */
  get me(): AuthenticationCreds['me'] {
    return this.#me ?? (isLinked(this.#creds) ? this.#creds.me : undefined)
  }

  /** Takes note of who the creds name, or puts back what was overwritten. Returns whether it had to. */
  keep(): boolean {
    if (isLinked(this.#creds)) {
      this.#me = this.#creds.me
      return false
    }
    if (this.#me === undefined) return false
    this.#creds.me = this.#me
    return true
  }
}

function isLinked({ account, me }: AuthenticationCreds): boolean {
  return account !== undefined && me !== undefined && /^\d+:\d+@/.test(me.id)
}
