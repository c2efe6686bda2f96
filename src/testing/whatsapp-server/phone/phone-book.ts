import type { Account } from '../accounts/account.js'
import { UnsupportedBaileysError } from '../unsupported-baileys.js'
import { Phone } from './phone.js'
import type { SignalRepositoryFactory } from './signal-repository.js'

/** The phones that have had something to encrypt or decrypt. */
export class PhoneBook {
  readonly #makeRepository: SignalRepositoryFactory | null
  readonly #phones = new Map<string, Phone>()

  constructor(makeRepository: SignalRepositoryFactory | null) {
    this.#makeRepository = makeRepository
  }

  /** The phone of an account. Throws `BAILEYS_UNSUPPORTED` when Baileys offers no Signal repository. */
  phone(account: Account): Phone {
    const known = this.#phones.get(account.phone)
    if (known !== undefined) return known
    if (this.#makeRepository === null) {
      throw new UnsupportedBaileysError(
        'This version of Baileys exports no Signal repository, so the phones of the WhatsApp server cannot read or write messages.',
      )
    }
    const phone = new Phone(this.#makeRepository, account)
    this.#phones.set(account.phone, phone)
    return phone
  }

  /** Closes them all. */
  async close(): Promise<void> {
    await Promise.all([...this.#phones.values()].map(async (phone) => phone.close()))
    this.#phones.clear()
  }
}
