import type { Device } from '../accounts/account.js'
import { deliverIfOnline } from '../queue/deliver.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza } from '../wire/binary-node.js'

/** How a limit is set. */
export interface AccountLimitOptions {
  /**
   * Whether the devices are not told: they find out when a message is refused, or when they ask.
   * @defaultValue `false`
   */
  quietly?: boolean
}

/** Lets an account start no chats until then, or lifts that, and tells its devices. */
export function lockReachout(server: ServerContext, phone: string, until: Date | null, { quietly = false }: AccountLimitOptions = {}): void {
  checkUntil(until)
  const { phone: known } = server.accounts.account(phone)
  server.limits.lock(known, until)
  if (!quietly) tellDevices(server, known, 'NotificationUserReachoutTimelockUpdate', { xwa2_notify_account_reachout_timelock: lockFacts(server, known) })
}

/** Lets an account write to no more new chats until then, or lifts that, and tells its devices. */
export function capMessages(server: ServerContext, phone: string, until: Date | null, { quietly = false }: AccountLimitOptions = {}): void {
  checkUntil(until)
  const { phone: known } = server.accounts.account(phone)
  server.limits.cap(known, until)
  if (!quietly) tellDevices(server, known, 'MessageCappingInfoNotification', { xwa2_notify_new_chat_messages_capping_info_update: capFacts(server, known) })
}

/** What an account is told of its lock. */
export function lockFacts({ limits }: ServerContext, phone: string): object {
  const until = limits.lockOf(phone)
  return until === null ? { is_active: false } : { is_active: true, time_enforcement_ends: inSeconds(until), enforcement_type: 'DEFAULT' }
}

/** What an account is told of its cap. */
export function capFacts({ limits }: ServerContext, phone: string): object {
  const until = limits.capOf(phone)
  return until === null ? { capping_status: 'NONE' } : { capping_status: 'CAPPED', cycle_end_timestamp: inSeconds(until) }
}

function tellDevices(server: ServerContext, phone: string, operation: string, data: object): void {
  const isLinked = ({ removed }: Device): boolean => !removed
  for (const device of [...server.accounts.account(phone).devices.values()].filter(isLinked)) {
    const content = Buffer.from(JSON.stringify({ data }))
    const update = stanza('update', { op_name: operation }, content)
    deliverIfOnline(server, device, stanza('notification', { from: SERVER_JID, type: 'mex', id: server.nextId(), t: nowInSeconds() }, [update]))
  }
}

function checkUntil(until: Date | null): void {
  if (until !== null && Number.isNaN(until.getTime())) throw new RangeError('until must be a date, or null')
}

function inSeconds(until: Date): string {
  return String(Math.floor(until.getTime() / 1000))
}
