import type { proto, WAMessage, WAMessageKey } from '@whiskeysockets/baileys'
import type { SocketConfig } from 'baileys-sessions'

/** The last messages of a session: when a receiver could not decrypt one, Baileys asks for it with `getMessage` and sends it again. */
export class SentMessages {
  readonly #limit: number
  readonly #messages = new Map<string, proto.IMessage>()

  constructor(limit = 1000) {
    this.#limit = limit
  }

  /** Keeps the messages that this account sent; the oldest make room. */
  keep(messages: readonly WAMessage[]): void {
    for (const { key, message } of messages) {
      if (key.fromMe !== true || typeof key.id !== 'string' || !message) continue
      this.#messages.set(key.id, message)
      const [oldest] = this.#messages.keys()
      if (this.#messages.size > this.#limit && oldest !== undefined) this.#messages.delete(oldest)
    }
  }

  /** What to spread into `socketConfig`. */
  get socketConfig(): SocketConfig {
    return { getMessage: async ({ id }: WAMessageKey) => (typeof id === 'string' ? this.#messages.get(id) : undefined) }
  }
}
