import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { sessionIdOfFolder } from './session-folder-name.js'
import { TokenFiles } from './token-files.js'

/** Where the lock of a session is. */
export interface LockPlace {
  /** Its tokens. Every store that reaches the session's folder finds them here, whatever id and prefix lead it there. */
  readonly tokens: TokenFiles
  /** Where an older version looks, which went by the id alone; `null` when that is the same place. */
  readonly olderTokens: TokenFiles | null
}

/**
 * What a token's file says of it:
 *
 * - `folder`: its holder has the lock of a folder;
 * - `guard`: its holder has the lock of another folder, and keeps older versions away from that one. It stands in nobody else's way;
 * - `older`: it was made by an older version, so that nobody knows which folder its holder uses.
 */
export type LockMark = 'folder' | 'guard' | 'older'

/** How many folders the tokens of all sessions share. One for each would cost more to make than all else that a lease does. */
const TOKEN_FOLDERS = 64

/** Older versions went by the id. Under the prefix that most use, the lock is where they look, so that these and older ones see each other. */
const USUAL_PREFIX = 'session-'

/** The place of a session's lock below the folder of the locks. Without the name of the session's folder it goes by the id. */
export function lockPlaceOf(locks: string, sessionId: string, folderName?: string): LockPlace {
  const older = digestOf(sessionId)
  const own = folderName === undefined ? older : digestOfFolder(folderName)
  return { tokens: tokensOf(locks, own), olderTokens: own === older ? null : tokensOf(locks, older) }
}

/** Reads the mark in the text of a token's file. */
export function markIn(text: string): LockMark {
  const mark = /"lock": ?"(\w+)"/u.exec(text)?.[1]
  return mark === 'folder' || mark === 'guard' ? mark : 'older'
}

/** A folder goes by the id under which it is known without a prefix, so that both spellings of one session share a lock. */
function digestOfFolder(folderName: string): string {
  const id = folderName.startsWith(USUAL_PREFIX) ? sessionIdOfFolder(USUAL_PREFIX, folderName) : null
  return id === null ? digestOf(sessionIdOfFolder('', folderName) ?? folderName, 'folder ') : digestOf(id)
}

/** A digest, because names of any length and spelling must stay apart on any disk; of UTF-16, which alone has half characters. */
function digestOf(id: string, kind = ''): string {
  // No id is the other kind's: UTF-16 has an even number of bytes, and the word has an odd one.
  return createHash('sha256').update(kind).update(id, 'utf16le').digest('hex').slice(0, 40)
}

function tokensOf(locks: string, digest: string): TokenFiles {
  const shared = Number.parseInt(digest.slice(0, 2), 16) % TOKEN_FOLDERS
  return new TokenFiles(join(locks, String(shared)), `${digest}.`)
}
