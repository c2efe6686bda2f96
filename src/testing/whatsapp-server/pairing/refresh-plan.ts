import { expectOneOf } from '../expect-one-of.js'
import { checkDelay } from '../timers.js'

/** What a refresh of the registration can carry. WhatsApp uses either; clients take both alike. */
export type RefreshChild = 'companion_reg_refresh' | 'pair-device-rotate-qr'

/** How often, when and with what a registering client is told that its registration is refreshed. */
export interface RegistrationRefreshes {
  /** How many a client gets. Default 1, and 20 at most. */
  times?: number
  /**
   * `after-qr`: once the client has taken its references and shows its first QR; each further one follows the acknowledgement
   * of the one before. `before-qr`: all at once, before the client gets its references. `after-scan`: each of the first `times`
   * scans brings one, and links nobody. Default `after-qr`.
   */
  when?: 'after-qr' | 'before-qr' | 'after-scan'
  /** The child of the notification. Default `companion_reg_refresh`. */
  child?: RefreshChild
  /**
   * How long after the first QR, or after the acknowledgement of the one before, each is sent, in milliseconds. Default 20, so that
   * whoever scans the first QR at once has scanned it before the refresh.
   */
  everyMs?: number
  /** How long a client has to acknowledge one before it counts as ignored, in milliseconds. Default 10,000. */
  ignoredAfterMs?: number
}

/** The refreshes with their defaults; `times` 0 for none. */
export type RefreshPlan = Readonly<Required<RegistrationRefreshes>>

const MOST = 20
const CHILDREN: readonly RefreshChild[] = ['companion_reg_refresh', 'pair-device-rotate-qr']
const DEFAULTS: RefreshPlan = Object.freeze({ times: 1, when: 'after-qr', child: 'companion_reg_refresh', everyMs: 20, ignoredAfterMs: 10_000 })

/** Fills in the defaults: `true` is one, `false` none, a number so many. Throws `RangeError` or `TypeError` for a value out of range. */
export function toRefreshPlan(wish: boolean | number | RegistrationRefreshes): RefreshPlan {
  const plan = { ...DEFAULTS, ...(typeof wish === 'object' ? wish : { times: Number(wish) }) }
  const { times, when, child, everyMs, ignoredAfterMs } = plan
  if (!Number.isInteger(times) || times < 0 || times > MOST)
    throw new RangeError(`refreshRegistration must be a number of refreshes from 0 to ${MOST}, got ${times}`)
  expectOneOf('refreshRegistration.when', when, ['after-qr', 'before-qr', 'after-scan'])
  expectOneOf('refreshRegistration.child', child, CHILDREN)
  checkDelay('refreshRegistration.everyMs', everyMs)
  checkDelay('refreshRegistration.ignoredAfterMs', ignoredAfterMs)
  return plan
}

/** Whether clients know this child, and renew their secret for it. */
export function isRefreshChild(child: string | null): boolean {
  return CHILDREN.some((known) => known === child)
}
