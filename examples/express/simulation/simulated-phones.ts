import { createHash } from 'node:crypto'
import type { SessionManager, SocketEvent } from 'baileys-sessions'
import { Problem } from '../answers/problem.js'
import type { PhoneOrder } from './phone-orders.js'

/** What can be done with a simulated phone. */
export const PHONE_ACTIONS = ['scan', 'unlink', 'cut-network', 'restore-network'] as const
export type PhoneAction = (typeof PHONE_ACTIONS)[number]

/** Whether a text names an action. */
export function isPhoneAction(text: string): text is PhoneAction {
  return PHONE_ACTIONS.some(action => action === text)
}

/** The simulated WhatsApp, as far as phones need it. */
export interface PhoneNetwork {
  /** Where sessions dial. */
  readonly url: string
  /** Carries out an order. Rejects when it cannot be. */
  obey: (order: PhoneOrder) => Promise<void>
}

// Nothing listens there.
const NOWHERE = 'ws://127.0.0.1:1'

/** A phone for each company, and a network for each company that can be cut. */
export class SimulatedPhones {
  readonly #network: PhoneNetwork
  readonly #cut = new Set<string>()
  readonly #sockets = new Map<string, SocketEvent['socket']>()
  #sessions: SessionManager | null = null

  constructor(network: PhoneNetwork) {
    this.#network = network
  }

  /** Looks at the sessions from now on. */
  follow(sessions: SessionManager): void {
    this.#sessions = sessions
    sessions.on('socket', ({ sessionId, socket }) => { this.#sockets.set(sessionId, socket) })
  }

  /** Where a company's session dials right now. */
  urlFor(companyId: string): string {
    return this.#cut.has(companyId) ? NOWHERE : this.#network.url
  }

  /** Does something with the phone or the network of a company. Rejects with 409 when there is nothing to do it to. */
  async act(companyId: string, action: PhoneAction): Promise<void> {
    switch (action) {
      case 'scan': return this.#scan(companyId)
      case 'unlink': return this.#obey({ action: 'unlink', deviceKey: this.#linkedDevice(companyId) })
      case 'restore-network': this.#cut.delete(companyId); return
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
    if (qr === undefined) throw new Problem(409, 'nothing_to_scan', 'There is no QR code and no pairing code right now. Connect first.')
    const phone = phoneNumberOf(companyId)
    await this.#network.obey({ action: 'scan', qr, phone }).catch(async () => {
      // WhatsApp may have had the code drawn anew meanwhile: a person scans that one then.
      const { qr: latest = qr } = await this.#shown(companyId)
      await this.#obey({ action: 'scan', qr: latest, phone })
    })
  }

  async #shown(companyId: string): Promise<{ qr?: string, pairingCode?: string }> {
    return await this.#sessions?.getStatus(companyId, { restore: false }) ?? {}
  }

  async #obey(order: PhoneOrder): Promise<void> {
    await this.#network.obey(order).catch(() => {
      throw new Problem(409, 'phone_refused', 'The simulated phone could not do this: what was shown may have expired, or the device is not linked any more.')
    })
  }

  #linkedDevice(companyId: string): string {
    const deviceKey = this.#deviceKey(companyId)
    if (deviceKey === null) throw new Problem(409, 'not_paired', 'No simulated phone is linked to this session right now.')
    return deviceKey
  }

  /** As the simulated WhatsApp names devices. */
  #deviceKey(companyId: string): string | null {
    return /^\d+:\d+/u.exec(this.#ownId(companyId))?.[0] ?? null
  }

  /** The id of the account that the last socket belongs to, with the number of its device once it is linked. */
  #ownId(companyId: string): string {
    return this.#sockets.get(companyId)?.authState.creds.me?.id ?? ''
  }
}

/** Every company has the same phone after each start. */
function phoneNumberOf(companyId: string): string {
  return `49170${createHash('sha256').update(companyId).digest().readUIntBE(0, 4).toString().padStart(10, '0').slice(0, 8)}`
}
