import { WA_CERT_DETAILS, type WAMessage } from '@whiskeysockets/baileys'
import type { Orders, Report } from './reports.js'

/** Reads the options of this process, and makes it accept the loopback server as WhatsApp. */
export function readOrders(): Orders {
  // ApplicationProcess starts this process, and its types allow nothing else.
  const orders = JSON.parse(process.argv[2] ?? '') as Orders
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(orders.rootPublicKey, 'hex')
  return orders
}

/** Reports to the demo what happens. */
export function tell(report: Report): void {
  if (process.connected) process.send?.(report)
}

/** Reports the received messages to the demo. */
export function tellTexts(sessionId: string, messages: readonly WAMessage[]): void {
  for (const { message } of messages) {
    if (message?.conversation) tell({ kind: 'text', sessionId, text: message.conversation })
  }
}

/** Calls back when the demo no longer needs this process, or is gone. */
export function onDismissed(leave: () => void): void {
  process.once('message', leave)
  process.once('disconnect', leave)
}

/** Stops reporting and listening: the process ends when it has nothing left to do. */
export function hangUp(): void {
  if (process.connected) process.disconnect()
}
