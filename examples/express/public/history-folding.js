/** @typedef {import('./api.js').HistoryEntry} HistoryEntry */
/** @typedef {HistoryEntry & { times: number }} FoldedEntry what happened, and how often in a row */

/** The loss of a socket and the status change that it causes arrive within this time. */
const TOGETHER_MS = 1000

/** Kinds that repeat what a status change says. */
const REPEATING = ['connected']
const WENT_WELL = ['restored', 'already_connected', 'retrying']

/** What happened, as a person wants to read it: one line for what is one thing, newest first. @param {readonly HistoryEntry[]} entries newest first @returns {FoldedEntry[]} */
export function foldHistory(entries) {
  /** @type {FoldedEntry[]} */
  const folded = []
  for (const entry of [...entries].reverse()) {
    if (isRepetition(entry)) continue
    if (!joins(folded, entry)) folded.push({ ...entry, times: 1 })
  }
  return folded.reverse()
}

/** Both, each entry once, newest first. After a restart of the server, what it tells is newer than what the page knows. @param {readonly HistoryEntry[]} newer @param {readonly HistoryEntry[]} older @returns {HistoryEntry[]} */
export function mergeHistory(newer, older) {
  const known = new Set(older.map(keyOf))
  return [...newer.filter((entry) => !known.has(keyOf(entry))), ...older].sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

/** @param {HistoryEntry} entry */
function keyOf({ at, kind, status, reason, message }) {
  return JSON.stringify([at, kind, status, reason, message])
}

/** @param {HistoryEntry} entry */
function isRepetition({ kind, status }) {
  return REPEATING.includes(kind) || (kind === 'restored' && WENT_WELL.includes(status ?? ''))
}

/** Whether it was made part of the entry before it. @param {FoldedEntry[]} folded @param {HistoryEntry} entry */
function joins(folded, entry) {
  const last = folded.at(-1)
  if (last === undefined) return false
  return joinsLoss(last, entry) || joinsOutage(last, entry) || joinsLogout(last, entry)
}

/** A lost socket and the status that follows from it, in whichever order: one line, with the code of the loss. @param {FoldedEntry} last @param {HistoryEntry} entry */
function joinsLoss(last, entry) {
  if (Date.parse(entry.at) - Date.parse(last.at) > TOGETHER_MS) return false
  if (entry.kind === 'disconnected' && last.kind === 'status' && last.status !== 'connected') {
    last.code = entry.code ?? null
    return true
  }
  if (last.kind !== 'disconnected' || entry.kind !== 'status') return false
  Object.assign(last, { ...entry, code: last.code })
  return true
}

/** Attempts of one outage: one line, counted. @param {FoldedEntry} last @param {HistoryEntry} entry */
function joinsOutage(last, entry) {
  if (last.kind !== 'status' || last.status !== 'reconnecting') return false
  if (entry.kind === 'disconnected' || (entry.status === 'connecting' && entry.reason === last.reason)) return true
  if (entry.status !== 'reconnecting' || entry.reason !== last.reason) return false
  last.times += 1
  return true
}

/** Who ended the link, and the status that says so. @param {FoldedEntry} last @param {HistoryEntry} entry */
function joinsLogout(last, entry) {
  if (entry.kind === 'logged_out' && last.status === 'logged_out') {
    last.kind = 'logged_out'
    last.reason = entry.reason ?? null
    return true
  }
  return last.kind === 'logged_out' && entry.status === 'logged_out'
}
