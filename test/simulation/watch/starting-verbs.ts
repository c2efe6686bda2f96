import type { Call } from '../history.js'

/** Verbs that a person calls to bring a session somewhere; the others only look, wait, or end everything. */
export const STARTING_VERBS: ReadonlySet<Call['verb']> = new Set(['connect', 'restoreSession', 'restoreAll', 'requestPairingCode', 'logout', 'stop', 'delete'])
