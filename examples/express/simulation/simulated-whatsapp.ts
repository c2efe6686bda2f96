import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PendingOrders } from './pending-orders.js'
import type { PhoneOrder, SimulationMessage, SimulationStart } from './phone-orders.js'
import type { PhoneNetwork } from './simulated-phones.js'

const SCRIPT = fileURLToPath(new URL('simulated-whatsapp-child.ts', import.meta.url))
const LEAVE_WITHIN_MS = 5000

/** A WhatsApp on loopback. */
export interface Simulation extends PhoneNetwork {
  /** Its signing key, as hexadecimal text. */
  readonly rootPublicKey: string
  /** Resolves with an error when it ends before {@link close}. */
  ended: () => Promise<Error>
  /** Ends it, or lets go of it. */
  close: () => Promise<void>
}

/** A WhatsApp on loopback, in its own process, which ends when this one does, however it ends. */
export class SimulatedWhatsApp implements Simulation {
  readonly url: string
  readonly rootPublicKey: string
  readonly #child: ChildProcess
  readonly #orders: PendingOrders

  private constructor(child: ChildProcess, { url, rootPublicKey }: Extract<SimulationMessage, { kind: 'started' }>) {
    this.#child = child
    this.url = url
    this.rootPublicKey = rootPublicKey
    this.#orders = new PendingOrders((message, onSent) => child.send(message, onSent))
    child.on('message', (message: SimulationMessage) => {
      this.#orders.hear(message)
    })
    child.once('exit', () => {
      this.#orders.end()
    })
  }

  /** Starts it with the state in its folder. Rejects with the reason if it does not start. */
  static async start(options: SimulationStart): Promise<SimulatedWhatsApp> {
    const child = fork(SCRIPT, [JSON.stringify(options)], { execArgv: ['--import', import.meta.resolve('tsx')], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    // The child sends nothing else first.
    const [message] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => [{ kind: 'failed', problem: `Its process ended with ${String(code)}.` }]),
    ])) as [SimulationMessage]
    if (message.kind === 'started') return new SimulatedWhatsApp(child, message)
    throw new Error(`The simulated WhatsApp did not start in ${options.folder}. ${message.kind === 'failed' ? message.problem : ''}`)
  }

  async ended(): Promise<Error> {
    const [code, signal] = (await once(this.#child, 'exit')) as [number | null, NodeJS.Signals | null]
    return new Error(`The simulated WhatsApp ended unexpectedly (${String(signal ?? code)}).`)
  }

  async obey(order: PhoneOrder): Promise<void> {
    await this.#orders.obey(order)
  }

  /** Lets it save its state and exit. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    const deadline = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, LEAVE_WITHIN_MS)
    this.#child.disconnect()
    await gone
    clearTimeout(deadline)
  }
}
