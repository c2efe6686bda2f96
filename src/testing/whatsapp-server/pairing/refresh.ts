import type { Connection } from '../connection/connection.js'
import type { Target } from '../connection/connection-pool.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza } from '../wire/binary-node.js'
import { isRefreshChild, type RefreshPlan } from './refresh-plan.js'

const NOTIFICATION = 'companion_reg_refresh'
const DEFAULT_PATIENCE_MS = 10_000

/** A refresh that is sent by hand. */
export interface RefreshMessage {
  /** Its id: one that was used before makes a duplicate, `null` leaves it out. Default: a fresh one. */
  id?: string | null
  /** Its child; any other than `companion_reg_refresh` and `pair-device-rotate-qr`, or `null` for none, is malformed. Default `companion_reg_refresh`. */
  child?: string | null
}

/** The client shows its first QR: the refreshes of its plan begin. */
export function refreshAfterQr(server: ServerContext, connection: Connection): void {
  if (connection.refreshes.plan?.when === 'after-qr') planNext(server, connection, connection.refreshes.plan)
}

/** The client registers and has no references yet: it gets all refreshes of its plan. */
export function refreshBeforeQr(server: ServerContext, connection: Connection): void {
  if (connection.refreshes.plan?.when !== 'before-qr') return
  while (connection.refreshes.take()) refresh(server, connection)
}

/** A phone scans: whether that brings a refresh. */
export function refreshAfterScan(server: ServerContext, connection: Connection): boolean {
  if (connection.refreshes.plan?.when !== 'after-scan' || !connection.refreshes.take()) return false
  refresh(server, connection)
  return true
}

/** Sends a refresh to clients that register or are logged in. Returns to how many. Throws for a device that was never linked. */
export function sendRefresh(server: ServerContext, target: Target | number, message: RefreshMessage): number {
  if (typeof target === 'string' && target !== '*') server.accounts.knownDevice(target)
  const aimedAt = typeof target === 'number' ? server.connections.all().filter(({ id }) => id === target) : server.connections.aimedAt(target)
  const clients = aimedAt.filter(({ isOpen, phase }) => isOpen && (phase === 'registering' || phase === 'online'))
  for (const connection of clients) refresh(server, connection, message)
  return clients.length
}

/** The client acknowledges a refresh. */
export function onRefreshAcknowledged(server: ServerContext, connection: Connection, id: string): void {
  connection.attempt.refreshesAcknowledged++
  const isFirst = connection.refreshes.acknowledge(id)
  server.journal.write('refresh-acknowledged', connection, { id })
  const { plan } = connection.refreshes
  if (isFirst && plan?.when === 'after-qr') planNext(server, connection, plan)
}

function planNext(server: ServerContext, connection: Connection, plan: RefreshPlan): void {
  connection.timers.later(plan.everyMs, () => {
    if (connection.refreshes.take()) refresh(server, connection)
  })
}

function refresh(server: ServerContext, connection: Connection, { id = server.nextId(), child }: RefreshMessage = {}): void {
  const { plan } = connection.refreshes
  const tag = child === undefined ? (plan?.child ?? NOTIFICATION) : child
  const isAwaited = id !== null && isRefreshChild(tag)
  if (isAwaited) connection.refreshes.send(id)
  connection.attempt.refreshesSent++
  server.journal.write('refresh', connection, { id, child: tag })
  connection.send(
    stanza(
      'notification',
      { from: SERVER_JID, type: NOTIFICATION, t: nowInSeconds(), ...(id === null ? {} : { id }) },
      tag === null ? undefined : [stanza(tag)],
    ),
  )
  if (!isAwaited) return
  connection.timers.later(plan?.ignoredAfterMs ?? DEFAULT_PATIENCE_MS, () => {
    if (connection.refreshes.giveUp(id)) server.journal.write('refresh-ignored', connection, { id })
  })
}
