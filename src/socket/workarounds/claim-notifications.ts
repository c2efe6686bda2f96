import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { wrapListeners } from './wrap-listeners.js'

/** What to do with the notifications of one type. */
export interface NotificationClaim {
  /** The type of the notifications. */
  readonly type: string
  /** Whether this one is ours. Baileys handles every other. */
  readonly claims: () => boolean
  /** Handles it. It is acknowledged already. */
  readonly handle: (node: BinaryNode) => void
  /** Told when it cannot be acknowledged. */
  readonly onProblem: (cause: unknown) => void
}

/**
 * Takes notifications away from Baileys, and acknowledges them. Before a pairing Baileys 7.0.0-rc14 cannot: its acknowledgement reads
 * `creds.me` (`sendMessageAck`, upstream #2738). 6.7 and 7.0.0-rc11 can, so theirs must not come on top of ours.
 * To be deleted once every supported version acknowledges before a pairing. Call it before the application can listen.
 */
export function claimNotifications(socket: WASocket, { type, claims, handle, onProblem }: NotificationClaim): void {
  const isOurs = (node: unknown): boolean => isNode(node) && node.attrs['type'] === type && claims()
  wrapListeners(socket, 'CB:notification', (call, [node]) => {
    if (!isOurs(node)) call()
  })
  socket.ws.on(`CB:notification,type:${type}`, (node: BinaryNode) => {
    if (!isOurs(node)) return
    void acknowledge(socket, node).catch(onProblem)
    handle(node)
  })
}

async function acknowledge(socket: WASocket, { attrs }: BinaryNode): Promise<void> {
  const { id, from, type } = attrs
  if (id === undefined || type === undefined) throw new TypeError('The notification has no id, so it cannot be acknowledged.')
  await socket.sendNode({ tag: 'ack', attrs: { id, to: from ?? 's.whatsapp.net', class: 'notification', type } })
}

function isNode(value: unknown): value is BinaryNode {
  return typeof value === 'object' && value !== null && 'attrs' in value && typeof value.attrs === 'object' && value.attrs !== null
}
