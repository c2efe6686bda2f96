import { expectOneOf } from '../expect-one-of.js'
import { toKick, type Kick } from '../faults/kick-node.js'
import { isOlder, toVersionRequirement, type ClientVersion, type VersionRequirement } from './client-version.js'
import { toRefreshPlan, type RefreshPlan, type RegistrationRefreshes } from './refresh-plan.js'

/** How the server links new devices. Given to `WhatsAppServer.start`, and changed later with `changeLinking`. */
export interface LinkingOptions {
  /**
   * `current`: as WhatsApp links since July 2026, when it began to refresh registrations. `classic`: as before. Published
   * versions of Baileys up to 7.0.0-rc14 link only with `classic`, unless something around them answers the refresh. Default
   * `current`.
   */
  registration?: 'current' | 'classic'
  /** How often, and when, a registering client must renew the secret in its QR. Default: once, after its first QR; never with `classic`. */
  refreshRegistration?: boolean | number | RegistrationRefreshes
  /** The lowest version of WhatsApp Web that may link a new device; linked ones log in with any. Default `null`: any. */
  requireVersion?: ClientVersion | VersionRequirement | null
  /**
   * The account confirms links with a passkey: after the scan, or the pairing code, the client gets a
   * `passkey_prologue_request`, and never a `pair-success`. Default false.
   */
  requirePasskey?: boolean
  /** Requests for pairing codes are answered with an error, 400 `bad-request` or 429 `rate-overlimit`, or with `silence`. Default false. */
  refusePairingCodes?: PairingCodeRefusal | false
  /**
   * The phone cannot link, whatever it scans or is typed. `silence` (or true): the client hears nothing. `wrong-secret`: it gets a
   * `pair-success` that does not verify. `iq-error`: it gets an error 401. A kick: it is thrown out. Default false.
   */
  refuseScan?: ScanRefusal | boolean
  /**
   * Takes the connection of a client that registers, finishes the handshake, and closes it before any QR. `desktop`: only of one
   * that registers as a desktop application, as Baileys does with `Browsers.macOS('Desktop')` and `syncFullHistory`. Default false.
   */
  closeRegistrations?: boolean | 'desktop'
}

/** How requests for pairing codes are refused. */
export type PairingCodeRefusal = 400 | 429 | 'silence'

/** What a client gets when its phone cannot link. */
export type ScanRefusal = 'silence' | 'wrong-secret' | 'iq-error' | Kick

/** The options with their defaults; `null` for what is off. */
export interface LinkingRules {
  readonly refreshes: RefreshPlan
  readonly version: Required<VersionRequirement> | null
  readonly passkey: boolean
  readonly codeRefusal: PairingCodeRefusal | null
  readonly scanRefusal: ScanRefusal | null
  readonly closed: 'none' | 'desktop' | 'all'
}

/** The rules that are in force, and those that the server began with. */
export class Linking {
  readonly #start: LinkingOptions
  #rules: LinkingRules

  constructor(options: LinkingOptions) {
    this.#start = options
    this.#rules = toLinkingRules(options)
  }

  /** What is in force. */
  get rules(): LinkingRules {
    return this.#rules
  }

  /** From now on the changes are in force, and otherwise what the server began with. Throws as {@link toLinkingRules}. */
  change(changes: LinkingOptions): void {
    this.#rules = toLinkingRules({ ...this.#start, ...changes })
  }

  /** Takes all changes back. */
  reset(): void {
    this.change({})
  }
}

/** Whether a version must not link at this point. */
export function isOutdated(rules: LinkingRules, version: ClientVersion, at: Required<VersionRequirement>['refuse']): boolean {
  return rules.version !== null && rules.version.refuse === at && isOlder(version, rules.version.lowest)
}

/** Fills in the defaults. Throws `RangeError` or `TypeError` for an option that makes no sense. */
export function toLinkingRules(options: LinkingOptions): LinkingRules {
  const { registration = 'current', requireVersion = null, requirePasskey = false } = options
  const { refusePairingCodes = false, refuseScan = false, closeRegistrations = false } = options
  expectOneOf('registration', registration, ['current', 'classic'])
  expectOneOf('refusePairingCodes', refusePairingCodes, [false, 400, 429, 'silence'])
  expectOneOf('closeRegistrations', closeRegistrations, [false, true, 'desktop'])
  if (typeof refuseScan !== 'object') expectOneOf('refuseScan', refuseScan, [false, true, 'silence', 'wrong-secret', 'iq-error'])
  return {
    refreshes: toRefreshPlan(options.refreshRegistration ?? registration === 'current'),
    version: requireVersion === null ? null : toVersionRequirement(requireVersion),
    passkey: requirePasskey,
    codeRefusal: refusePairingCodes === false ? null : refusePairingCodes,
    scanRefusal: toScanRefusal(refuseScan),
    closed: typeof closeRegistrations === 'string' ? closeRegistrations : closeRegistrations ? 'all' : 'none',
  }
}

function toScanRefusal(wish: ScanRefusal | boolean): ScanRefusal | null {
  if (typeof wish === 'boolean') return wish ? 'silence' : null
  return typeof wish === 'object' ? toKick(wish) : wish
}
