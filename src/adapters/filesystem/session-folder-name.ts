import { Buffer } from 'node:buffer'
import { SessionError } from '../../errors.js'

/** What the store keeps besides sessions: locks and heartbeats. No session's folder may have this name. */
export const HIDDEN_FOLDER = '.baileys-sessions'

/** In the hidden folder of a session's folder that was named by itself: its one lock. */
export const OWN_LOCK = 'lock'

/** What common file systems allow for one name, in bytes; the names made here are ASCII, so in characters too. */
const MAX_NAME_LENGTH = 255

/** Everything but printable ASCII, and what some operating system forbids; `%` because it marks an escape. */
const UNSAFE = /[^\x20-\x7e]|[/\\:*?"<>|%]/gu
/** Windows drops them at the end of a name, and a leading dot hides a file. */
const UNSAFE_AT_THE_ENDS = /^[. ]|[. ]$/g
/** Devices on Windows, with any extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
/** Ids that stand in a folder's name as they are, as most do. */
const PLAIN_ID = /^[A-Za-z0-9_@+=-](?:[A-Za-z0-9_@+=.-]*[A-Za-z0-9_@+=-])?$/
const LONE_SURROGATE = /\p{Surrogate}/u

const percent = (text: string): string => Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '%$&')

/** Throws `INVALID_SESSION_ID` for an id that no folder can be named after. */
export function assertSessionId(sessionId: string): void {
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new SessionError('INVALID_SESSION_ID', 'A session id must be a non-empty string.')
  }
  if (LONE_SURROGATE.test(sessionId)) {
    throw new SessionError('INVALID_SESSION_ID', 'The session id contains half of a character (a lone surrogate), which a file name cannot. Use another id.', {
      sessionId,
    })
  }
}

/** The name a session's folder gets; different for every id, and safe on every operating system. */
export function canonicalFolderName(prefix: string, sessionId: string): string {
  const name = sessionId.replace(UNSAFE, percent).replace(UNSAFE_AT_THE_ENDS, percent)
  return prefix + (prefix === '' && DEVICE_NAME.test(name) ? percent(name.slice(0, 1)) + name.slice(1) : name)
}

/** Whether a folder of this name can be made. */
export function fitsIntoName(folderName: string): boolean {
  return folderName.length <= MAX_NAME_LENGTH
}

/**
 * The name that stock code would have given the folder, when that differs from the canonical one and can mean no other
 * session; `null` otherwise. Such a folder is used when it is there, and never made.
 */
export function literalFolderName(prefix: string, sessionId: string): string | null {
  const name = prefix + sessionId
  if (name === canonicalFolderName(prefix, sessionId) || /[/\\]/.test(name) || name.includes('\0') || name === '.' || name === '..') return null
  return sessionIdOfFolder(prefix, name) === sessionId ? name : null
}

/** The session a folder belongs to, or `null` when it is no session's. */
export function sessionIdOfFolder(prefix: string, folderName: string): string | null {
  if (!folderName.startsWith(prefix) || folderName === prefix || folderName === HIDDEN_FOLDER) return null
  const plain = plainSessionId(prefix, folderName)
  if (plain !== null) return plain
  const name = folderName.slice(prefix.length)
  const decoded = unescapePercent(name)
  return decoded !== null && canonicalFolderName(prefix, decoded) === folderName ? decoded : name
}

/** The session of a folder whose name, which begins with the prefix, holds its id as it is; `null` for any other. */
export function plainSessionId(prefix: string, folderName: string): string | null {
  const name = folderName.slice(prefix.length)
  return PLAIN_ID.test(name) && (prefix !== '' || !DEVICE_NAME.test(name)) ? name : null
}

function unescapePercent(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    return null
  }
}
