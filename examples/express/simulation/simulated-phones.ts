import { createHash } from 'node:crypto'
import type { SessionManager, SocketEvent } from 'baileys-sessions'
import { Problem } from '../answers/problem.js'
import type { PhoneOrder } from './phone-orders.js'

/** What a simulated phone can do. */
export const PHONE_ACTIONS = ['scan', 'unlink', 'cut-network', 'restore-network'] as const
export type PhoneAction = (typeof PHONE_ACTIONS)[number]

/** Whether a text names an action. */
export function isPhoneAction(text: string): text is PhoneAction {
  return PHONE_ACTIONS.some((action) => action === text)
}

/** What phones need of the simulated WhatsApp. */
export interface PhoneNetwork {
  /** Where sessions dial. */
  readonly url: string
  /** Carries out an order. Rejects if it cannot. */
  obey: (order: PhoneOrder) => Promise<void>
}

// Nothing listens there.
const NOWHERE = 'ws://127.0.0.1:1'

/** A phone for each company, and a network for each company that you can cut. */
export class SimulatedPhones {
  readonly #network: PhoneNetwork
  readonly #cut = new Set<string>()
  readonly #sockets = new Map<string, SocketEvent['socket']>()
  #sessions: SessionManager | null = null

  constructor(network: PhoneNetwork) {
    this.#network = network
  }

  /** Watches the sessions from now on. */
  follow(sessions: SessionManager): void {
    this.#sessions = sessions
    sessions.on('socket', ({ sessionId, socket }) => {
      this.#sockets.set(sessionId, socket)
    })
  }

  /** Where a company's session dials right now. */
  urlFor(companyId: string): string {
    return this.#cut.has(companyId) ? NOWHERE : this.#network.url
  }

  /** Does something with a company's phone or network. Rejects with 409 if there is nothing to act on. */
  async act(companyId: string, action: PhoneAction): Promise<void> {
    switch (action) {
      case 'scan':
        return this.#scan(companyId)
      case 'unlink':
        return this.#obey({ action: 'unlink', deviceKey: this.#linkedDevice(companyId) })
      case 'restore-network':
        this.#cut.delete(companyId)
        return
      case 'cut-network': {
        this.#cut.add(companyId)
        const deviceKey = this.#deviceKey(companyId)
        if (deviceKey !== null) await this.#obey({ action: 'drop', deviceKey })
      }
    }
  }

  /** Scans the QR code of a company, or types its pairing code, whichever it shows. */
  async #scan(companyId: string): Promise<void> {
    const { qr, pairingCode } = await this.#shown(companyId)
    if (pairingCode !== undefined) {
      const phone = /^\d+/u.exec(this.#ownId(companyId))?.[0] ?? ''
      return this.#obey({ action: 'enter-code', code: pairingCode, phone })
    }
    if (qr === undefined) throw new Problem(409, 'nothing_to_scan', 'There is no QR code or pairing code right now. Connect first.')
    const phone = phoneNumberOf(companyId)
    await this.#network.obey({ action: 'scan', qr, phone }).catch(async () => {
      // WhatsApp may have refreshed the code meanwhile; a person would then scan the new one.
      const { qr: latest = qr } = await this.#shown(companyId)
      await this.#obey({ action: 'scan', qr: latest, phone })
    })
  }

  async #shown(companyId: string): Promise<{ qr?: string; pairingCode?: string }> {
    return (await this.#sessions?.getStatus(companyId, { restore: false })) ?? {}
  }

  async #obey(order: PhoneOrder): Promise<void> {
    await this.#network.obey(order).catch(() => {
      throw new Problem(409, 'phone_refused', 'The simulated phone could not do this: the code may have expired, or the device is no longer linked.')
    })
  }

  #linkedDevice(companyId: string): string {
    const deviceKey = this.#deviceKey(companyId)
    if (deviceKey === null) throw new Problem(409, 'not_paired', 'No simulated phone is linked to this session right now.')
    return deviceKey
  }

  /** The device key, as the simulated WhatsApp writes it. */
  #deviceKey(companyId: string): string | null {
    return /^\d+:\d+/u.exec(this.#ownId(companyId))?.[0] ?? null
  }

  /** The id of the account that the last socket belongs to, with the number of its device once it is linked. */
  #ownId(companyId: string): string {
    return this.#sockets.get(companyId)?.authState.creds.me?.id ?? ''
  }
}

/** Every company gets the same phone after each start. */
function phoneNumberOf(companyId: string): string {
  return `49170${createHash('sha256').update(companyId).digest().readUIntBE(0, 4).toString().padStart(10, '0').slice(0, 8)}`
}
