import type { OrderMessage, PhoneOrder, SimulationMessage } from './phone-orders.js'

/** Orders for another process that it has not answered yet. */
export class PendingOrders {
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  readonly #send: (message: OrderMessage, onSent: (error: Error | null) => void) => void
  #orders = 0

  constructor(send: (message: OrderMessage, onSent: (error: Error | null) => void) => void) {
    this.#send = send
  }

  /** Sends an order. Resolves when it is done; rejects when it is refused, cannot be sent, or is never answered. */
  async obey(order: PhoneOrder): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const message: OrderMessage = { id: ++this.#orders, order }
      this.#waiting.set(message.id, { resolve, reject })
      this.#send(message, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  /** Takes in what the other process says. */
  hear(message: SimulationMessage): void {
    if (message.kind !== 'done' && message.kind !== 'refused') return
    const order = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.kind === 'done') order?.resolve()
    else order?.reject(new Error('The simulated WhatsApp refused.'))
  }

  /** Nothing will be answered any more. */
  end(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('The simulated WhatsApp has ended.'))
  }
}
