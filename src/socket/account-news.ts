/** Something that an account may not do for a while, although it is connected. */
export type AccountLimit = 'reachout_locked' | 'message_capped'

/** What WhatsApp says of a limit of the account. */
export type AccountNews =
  | { readonly limit: AccountLimit; readonly isActive: false }
  /** `until`: when WhatsApp said that it ends; `null` when it did not. */
  | { readonly limit: AccountLimit; readonly isActive: true; readonly until: Date | null }

/** The code of a message that WhatsApp refuses because the account may not start the chat. */
const NOT_ALLOWED = '463'

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Reads the `reachoutTimeLock` of a `connection.update` (7.0.0-rc14); `null` when it has none. */
export function readReachoutLock(update: object): AccountNews | null {
  const lock: unknown = Reflect.get(update, 'reachoutTimeLock')
  if (!isObject(lock)) return null
  if (lock['isActive'] !== true) return { limit: 'reachout_locked', isActive: false }
  const ends = lock['timeEnforcementEnds']
  return { limit: 'reachout_locked', isActive: true, until: ends instanceof Date && !Number.isNaN(ends.getTime()) ? ends : null }
}

/** Reads a `message-capping.update` (7.0.0-rc14); `null` when it does not say whether the quota is used up. */
export function readMessageCap(cap: unknown): AccountNews | null {
  if (!isObject(cap) || typeof cap['capping_status'] !== 'string') return null
  if (cap['capping_status'] !== 'CAPPED') return { limit: 'message_capped', isActive: false }
  const ends = new Date(Number(cap['cycle_end_timestamp']) * 1000)
  return { limit: 'message_capped', isActive: true, until: ends.getTime() > 0 ? ends : null }
}

/** Whether the acknowledgement of a message says that WhatsApp refused it because of such a limit. */
export function refusesForLimit(attributes: Readonly<Record<string, string>> | undefined): boolean {
  return attributes?.['error'] === NOT_ALLOWED
}

/** Whether an item of a `messages.update` says the same. */
export function isRefusedForLimit(update: unknown): boolean {
  const changes = isObject(update) ? update['update'] : null
  const parameters = isObject(changes) ? changes['messageStubParameters'] : null
  return Array.isArray(parameters) && parameters[0] === NOT_ALLOWED
}
