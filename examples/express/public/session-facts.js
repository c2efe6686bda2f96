/** @typedef {import('./api.js').SessionView} SessionView */
/** @typedef {import('./api.js').HistoryEntry} HistoryEntry */

/** Statuses in which the last attempts failed. */
const FAILING = ['reconnecting', 'connecting', 'failed']

/** The phone that is linked. While a phone is being linked, the number of the one before it says nothing. @param {Pick<SessionView, 'status' | 'reason' | 'phone_number'>} view */
export function linkedPhone({ status, reason, phone_number: phoneNumber }) {
  return status === 'pairing' || (status === 'connecting' && reason === 'starting') ? null : phoneNumber
}

/** How many attempts failed in a row, as long as that is a concern. @param {Pick<SessionView, 'status' | 'attempt'>} view */
export function failedAttempts({ status, attempt }) {
  return FAILING.includes(status) && attempt !== null && attempt > 0 ? attempt : null
}

/**
 * Since when a session has been as it is. An outage is one thing: the attempts within it change the status, but not its beginning.
 * @param {Pick<SessionView, 'status' | 'reason' | 'since'>} view @param {readonly HistoryEntry[]} entries newest first
 */
export function sinceWhen(view, entries) {
  if (!isOutage(view)) return view.since
  let since = view.since
  for (const { kind, status, reason, at } of entries) {
    if (kind !== 'status') continue
    if (!isOutage({ status, reason })) break
    if (Date.parse(at) < Date.parse(since)) since = at
  }
  return since
}

/** Whether this is a lost connection or an attempt to get it back. @param {{ status?: string | null | undefined, reason?: string | null | undefined }} view */
function isOutage({ status, reason }) {
  return status === 'reconnecting' || (status === 'connecting' && !['starting', 'restoring', 'restart_required'].includes(reason ?? 'starting'))
}
