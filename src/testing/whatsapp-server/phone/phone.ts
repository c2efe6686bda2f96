import type { Account } from '../accounts/account.js'
import type { SignalBundle, SignalKeys, SignalRepository, SignalRepositoryFactory } from './signal-repository.js'

/** The Signal side of a phone: device 0 of its account. */
export class Phone {
  readonly #records: Map<string, unknown>
  readonly #repository: SignalRepository
  #work: Promise<unknown> = Promise.resolve()

  constructor(makeRepository: SignalRepositoryFactory, account: Account) {
    this.#records = account.signalRecords
    const { id, publicKey, privateKey, signature } = account.signedPreKey
    const creds = {
      signedIdentityKey: account.identity,
      signedPreKey: { keyId: id, keyPair: { public: publicKey, private: privateKey }, signature },
      registrationId: account.registrationId,
    }
    this.#repository = makeRepository({ creds, keys: this.#keys() }, silence(), () => Promise.resolve([]))
  }

  /** Encrypts for a device; `bundle` is asked for when there is no session with it yet. */
  async encrypt(jid: string, data: Uint8Array, bundle: () => SignalBundle): Promise<{ type: string; ciphertext: Uint8Array }> {
    return this.#inTurn(async () => {
      const address = this.#repository.jidToSignalProtocolAddress(jid)
      if (!this.#records.has(`session/${address}`)) await this.#repository.injectE2ESession({ jid, session: bundle() })
      return this.#repository.encryptMessage({ jid, data })
    })
  }

  /** Decrypts what a device sent. */
  async decrypt(jid: string, type: string, ciphertext: Uint8Array): Promise<Uint8Array> {
    return this.#inTurn(async () => this.#repository.decryptMessage({ jid, type, ciphertext }))
  }

  /** Waits for what is under way and stops the repository's timers. */
  async close(): Promise<void> {
    await this.#work
    this.#repository.close?.()
  }

  /** A ratchet takes one step at a time. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(work)
    this.#work = result.catch(() => undefined)
    return result
  }

  // Turns are taken above, so a transaction is only its work, and needs no machinery per phone.
  #keys(): SignalKeys {
    return {
      get: (type, ids) => Promise.resolve(Object.fromEntries(ids.map((id) => [id, this.#records.get(`${type}/${id}`)]))),
      set: (data) => {
        for (const [type, records] of Object.entries(data)) this.#store(type, records)
        return Promise.resolve()
      },
      isInTransaction: () => true,
      transaction: async (work) => work(),
    }
  }

  #store(type: string, records: Record<string, unknown>): void {
    for (const [id, record] of Object.entries(records)) {
      if (record === null || record === undefined) this.#records.delete(`${type}/${id}`)
      else this.#records.set(`${type}/${id}`, record)
    }
  }
}

function silence(): object {
  const ignore = (): void => undefined
  const logger = { level: 'silent', child: (): object => logger, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }
  return logger
}
