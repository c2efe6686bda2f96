import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { BaileysModule } from '../baileys-module.js'
import { AdvSecrets, type ScanProof } from './adv-secrets.js'
import { claimNotifications } from './claim-notifications.js'

/** The notification, and what it must hold: either of them. */
const TYPE = 'companion_reg_refresh'
const CHILDREN: readonly string[] = [TYPE, 'pair-device-rotate-qr']

/** What keeps a registration fresh. */
export interface RegistrationOptions {
  readonly socket: WASocket
  readonly baileys: BaileysModule
  /** Whether the creds are those of a linked device. */
  readonly isLinked: () => boolean
  /** Told to show the QR code again that is on the screen, with a new secret. */
  readonly onQr: (qr: string) => void
  /** Told that a phone has scanned a code that was retired. */
  readonly onRetiredScan: () => void
  /** Told of what could not be understood or acknowledged, in a sentence for a developer. */
  readonly onProblem: (problem: string, cause?: unknown) => void
}

/**
 * Since July 2026 WhatsApp retires the adv secret of a client that registers, with a `companion_reg_refresh` notification (upstream
 * #2737). The official client then makes a new one and draws the QR code that is on the screen again with it. No published Baileys does
 * (7.0.0-rc14, 6.7.24): the phone says "couldn't link device", and the codes run out.
 * To be deleted once every supported version does, which shows as a secret that has changed in the creds before ours would.
 */
export class Registration {
  readonly #options: RegistrationOptions
  readonly #secrets: AdvSecrets
  readonly #seen = new Set<string>()
  #isRefreshed = false
  #shown: string | null = null
  #isCodeEntered = false
  #isUnreadableTold = false

  constructor(options: RegistrationOptions) {
    this.#options = options
    const { socket, isLinked, onProblem } = options
    this.#secrets = new AdvSecrets(socket.authState.creds)
    claimNotifications(socket, {
      type: TYPE,
      claims: () => !isLinked(),
      handle: (node) => this.#refresh(node),
      onProblem: (cause) => onProblem('WhatsApp refreshed the registration, but the library could not acknowledge it.', cause),
    })
    // From then on the secret is the one that phone and client derive from the code (`link_code_companion_reg` in Baileys).
    socket.ws.on('CB:notification,type:link_code_companion_reg', () => {
      this.#isCodeEntered = true
    })
    this.#refuseRetired()
  }

  /** The QR code to show for one that Baileys made: with the secret that a pairing is verified with. */
  show(qr: string): string {
    const renewed = this.#secrets.renew(qr)
    if (renewed === null && this.#isRefreshed) this.#tellUnreadable()
    this.#shown = renewed ?? qr
    return this.#shown
  }

  #refresh(node: BinaryNode): void {
    const { id } = node.attrs
    if (id === undefined || this.#seen.has(id)) return
    this.#seen.add(id)
    const children = Array.isArray(node.content) ? node.content : []
    if (!children.some(({ tag }) => CHILDREN.includes(tag))) {
      this.#options.onProblem('WhatsApp sent a registration refresh in an unknown form. Nothing was changed.')
      return
    }
    if (this.#isCodeEntered) return
    this.#isRefreshed = true
    // A Baileys that knows the notification has put it into the creds by now.
    this.#secrets.refresh()
    if (this.#shown === null) return
    const before = this.#shown
    if (this.show(before) !== before) this.#options.onQr(this.#shown)
  }

  /** A phone may scan the code that was on the screen a moment ago: Baileys would end the socket, and the code shown now would never link. */
  #refuseRetired(): void {
    const { socket } = this.#options
    const event = 'CB:iq,,pair-success'
    const listeners = socket.ws.listeners(event)
    socket.ws.removeAllListeners(event)
    socket.ws.on(event, (node: BinaryNode) => {
      const proof = readProof(node, this.#options.baileys)
      if (proof !== null && this.#secrets.isRetired(proof)) this.#refuse(node)
      else for (const listener of listeners) Reflect.apply(listener, socket.ws, [node])
    })
  }

  #refuse({ attrs }: BinaryNode): void {
    const { socket, onProblem, onRetiredScan } = this.#options
    onRetiredScan()
    onProblem('A phone scanned a QR code that WhatsApp had just retired. The library refused it. Scan the current code.')
    const error = { tag: 'error', attrs: { code: '401', text: 'not-authorized' } }
    socket
      .sendNode({ tag: 'iq', attrs: { to: attrs['from'] ?? 's.whatsapp.net', type: 'error', id: attrs['id'] ?? '' }, content: [error] })
      .catch((cause: unknown) => onProblem('The library could not send its refusal of a retired QR code.', cause))
  }

  #tellUnreadable(): void {
    if (this.#isUnreadableTold) return
    this.#isUnreadableTold = true
    this.#options.onProblem(
      'This version of Baileys creates QR codes in an unknown form, so the library could not put the new secret into them. They are shown unchanged.',
    )
  }
}

function readProof(node: BinaryNode, { proto }: BaileysModule): ScanProof | null {
  try {
    const { details, hmac } = proto.ADVSignedDeviceIdentityHMAC?.decode(identityOf(node)) ?? {}
    return details && hmac ? { details, hmac } : null
  } catch {
    // Baileys will say what is wrong with it.
    return null
  }
}

function identityOf(node: BinaryNode): Uint8Array {
  const child = (parent: BinaryNode | undefined, tag: string): BinaryNode | undefined =>
    Array.isArray(parent?.content) ? parent.content.find((candidate) => candidate.tag === tag) : undefined
  const content = child(child(node, 'pair-success'), 'device-identity')?.content
  return content instanceof Uint8Array ? content : new Uint8Array()
}
