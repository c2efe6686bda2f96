import { PhaseTimer } from '../async/phase-timer.js'
import type { AccountNews } from '../socket/account-news.js'
import { type AccountLimits, afterNews, heldNow } from './account-limits.js'
import type { Hindrance } from './session-state.js'

/** Keeps what stands in the way of the open connection of a session, and tells when that changes. */
export class Hindrances {
  readonly #tell: (hindrance: Hindrance | null) => void
  readonly #timer = new PhaseTimer()
  #limits: AccountLimits = []
  #isSilent = false
  #isOpen = false

  constructor(tell: (hindrance: Hindrance | null) => void) {
    this.#tell = tell
  }

  /** The connection is open: from now on changes are told. Returns what stands in its way already. */
  open(): Hindrance | null {
    this.#isOpen = true
    return this.#look()
  }

  /** The connection is gone. */
  close(): void {
    this.#isOpen = false
    this.#isSilent = false
    this.#timer.clear()
  }

  /** Nothing comes any more, or something came again. */
  noteSilence(isSilent: boolean): void {
    this.#isSilent = isSilent
    this.#tellChange()
  }

  /** WhatsApp said what the account may not do. */
  noteNews(news: AccountNews): void {
    this.#limits = afterNews(this.#limits, news, new Date())
    this.#tellChange()
  }

  /** Forgets the limits: they are of another account. */
  forget(): void {
    this.#limits = []
    this.#tellChange()
  }

  #tellChange(): void {
    if (this.#isOpen) this.#tell(this.#look())
  }

  #look(): Hindrance | null {
    this.#limits = heldNow(this.#limits, new Date())
    const [first] = this.#limits
    const nextEnd = this.#limits.reduce((least, { endsAt }) => Math.min(least, endsAt.getTime()), Infinity)
    if (nextEnd === Infinity) this.#timer.clear()
    else this.#timer.at(new Date(nextEnd), () => this.#tellChange())
    if (this.#isSilent) return { reason: 'not_responding', until: null }
    return first === undefined ? null : { reason: first.limit, until: first.until }
  }
}
