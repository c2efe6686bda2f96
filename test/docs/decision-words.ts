import { type DisconnectCause, readDisconnectCause } from '../../src/disconnect/disconnect-cause.js'
import { DISCONNECT_DECISIONS, type DisconnectDecision } from '../../src/disconnect/disconnect-decision.js'
import { DEFAULT_SESSION_MANAGER_OPTIONS } from '../../src/index.js'

const { replacedDelayMs, rateLimitCoolDownMs } = DEFAULT_SESSION_MANAGER_OPTIONS
const ORDINALS = ['zeroth', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth']

/** Every cause. */
export function allCauses(): DisconnectCause[] {
  // The table is typed by cause, so its keys are all of them.
  return Object.keys(DISCONNECT_DECISIONS) as DisconnectCause[]
}

/** What the library does, as the pages say it. */
export function describeDecision(decision: DisconnectDecision): string {
  switch (decision.action) {
    case 'redial':
      return 'dials at once; from the third time in a row, backs off first'
    case 'back-off':
      return decision.limit === Infinity
        ? 'backs off, dials again'
        : `asks the \`version\` provider, backs off ${decision.stretch} times as long; the ${ORDINALS[decision.limit + 1] ?? '?'} time in a row \`failed\`; while pairing it waits no longer than usual, and gives up the ${ORDINALS[decision.pairingLimit + 1] ?? '?'} time`
    case 'retry-once':
      return `dials once more after ${replacedDelayMs / 1000} s; the second time in a row \`failed\``
    case 'cool-down':
      return `cools down for ${rateLimitCoolDownMs / 60_000} min, then dials again`
    case 'stop':
      return 'waits for a person'
  }
}

/** Status and reason right after the loss. */
export function describeStanding(decision: DisconnectDecision): string {
  switch (decision.action) {
    case 'redial':
      return `\`connecting\` \`${decision.reason}\``
    case 'back-off':
    case 'retry-once':
    case 'cool-down':
      return `\`reconnecting\` \`${decision.reason}\``
    case 'stop':
      return `\`${decision.status}\` \`${decision.reason}\``
  }
}

/** The codes under which Baileys reports a cause; the one for every other code has none. */
export function codesOf(cause: DisconnectCause): number[] {
  const codes = Array.from({ length: 300 }, (_, index) => 300 + index)
  const seen = [
    ...codes.flatMap((code) => [true, false].map((paired) => ({ code, message: 'Closed', paired }))),
    ...codes.map((code) => ({ code, message: 'Closed', paired: false, takenWithoutQr: true })),
    { code: 500, message: 'Invalid account signature', paired: false },
    { code: 401, message: 'Intentional Logout', paired: true },
    { code: 408, message: 'QR refs attempts ended', paired: false },
  ]
  const found = seen.filter(({ code, message, ...context }) => readDisconnectCause({ code, message, attributes: {}, at: new Date(0) }, context) === cause)
  return cause === 'unknown' ? [] : [...new Set(found.map(({ code }) => code))]
}
