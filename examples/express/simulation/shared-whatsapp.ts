import type { ChildProcess } from 'node:child_process'
import { starterGone } from '../cluster/starter.js'
import { PendingOrders } from './pending-orders.js'
import type { OrderMessage, PhoneOrder, SimulationMessage } from './phone-orders.js'
import type { Simulation } from './simulated-whatsapp.js'

const VARIABLE = 'SIMULATED_WHATSAPP'

/** What the processes of a cluster have to know of the simulated WhatsApp that they share. */
type Shared = Pick<Simulation, 'url' | 'rootPublicKey'>

/** The environment of a process that is to dial a simulated WhatsApp. */
export function environmentFor({ url, rootPublicKey }: Shared): NodeJS.ProcessEnv {
  return { [VARIABLE]: JSON.stringify({ url, rootPublicKey }) }
}

/** Passes the orders of a process to the simulated WhatsApp. */
export function passOrders(child: ChildProcess, whatsApp: Simulation): void {
  child.on('message', ({ id, order }: OrderMessage) => {
    const answer = (message: SimulationMessage): void => {
      if (child.connected) child.send(message)
    }
    whatsApp.obey(order).then(
      () => {
        answer({ kind: 'done', id })
      },
      () => {
        answer({ kind: 'refused', id })
      },
    )
  })
}

/** The simulated WhatsApp of a cluster, as one of its processes has it: the process that started this one owns it. */
export class SharedWhatsApp implements Simulation {
  readonly url: string
  readonly rootPublicKey: string
  readonly #orders = new PendingOrders((message, onSent) => {
    process.send?.(message, onSent)
  })

  private constructor({ url, rootPublicKey }: Shared) {
    this.url = url
    this.rootPublicKey = rootPublicKey
    process.on('message', (message: SimulationMessage) => {
      this.#orders.hear(message)
    })
    process.once('disconnect', () => {
      this.#orders.end()
    })
  }

  /** Throws if no other process has started this one with {@link environmentFor}. */
  static fromEnvironment(environment: NodeJS.ProcessEnv): SharedWhatsApp {
    const text = environment[VARIABLE]
    if (text === undefined || !process.connected)
      throw new RangeError('The processes of a simulation share its WhatsApp: start all of them at once, with --simulated --cluster.')
    // Only `environmentFor` writes it.
    return new SharedWhatsApp(JSON.parse(text) as Shared)
  }

  async obey(order: PhoneOrder): Promise<void> {
    await this.#orders.obey(order)
  }

  async ended(): Promise<Error> {
    await starterGone()
    return new Error('The process that owns the simulated WhatsApp has ended.')
  }

  async close(): Promise<void> {
    if (process.connected) process.disconnect()
  }
}
