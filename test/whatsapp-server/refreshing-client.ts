import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { BaileysClient } from './baileys-client.js'

/**
 * A Baileys that answers the refreshes of its registration by the little that it takes: an acknowledgement, a new secret in its
 * credentials, and the same QR with that secret. It knows nothing of this library.
 */
export class RefreshingClient extends BaileysClient {
  readonly #acknowledged = new Set<string>()
  #shown: string | undefined
  #secret: string | null = null

  constructor(...options: ConstructorParameters<typeof BaileysClient>) {
    super(...options)
    this.socket.ev.on('connection.update', ({ qr }) => {
      if (qr !== undefined) this.#show(qr)
    })
    this.socket.ws.on('CB:notification,type:companion_reg_refresh', (node: BinaryNode) => {
      this.#refresh(node)
    })
  }

  /** What its screen shows right now. */
  readonly shown = (): string | undefined => this.#shown

  /** Waits until the screen shows something else than this. */
  async shows(otherThan: string): Promise<string> {
    return this.until(() => (this.#shown === otherThan ? null : this.#shown), 'new QR')
  }

  #refresh({ attrs, content }: BinaryNode): void {
    const { id = '', type = '', from = '' } = attrs
    const isNew = !this.#acknowledged.has(id)
    this.#acknowledged.add(id)
    const isKnown = Array.isArray(content) && ['companion_reg_refresh', 'pair-device-rotate-qr'].includes(content[0]?.tag ?? '')
    const { creds } = this.socket.authState
    if (isNew && isKnown && creds.account === undefined) {
      this.#secret = randomBytes(32).toString('base64')
      creds.advSecretKey = this.#secret
      if (this.#shown !== undefined) this.#show(this.#shown)
    }
    if (id !== '') void this.socket.sendNode({ tag: 'ack', attrs: { class: 'notification', id, type, to: from } })
  }

  #show(qr: string): void {
    const fields = qr.split(',')
    this.#shown = this.#secret === null ? qr : [...fields.slice(0, 3), this.#secret, ...fields.slice(4)].join(',')
    this.wake()
  }
}
