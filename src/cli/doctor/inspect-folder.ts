import { constants, type Stats } from 'node:fs'
import { lstat, open, readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporaryName, namesIn, onDisk } from '../../adapters/filesystem/disk.js'
import { isSessionFile } from '../../adapters/filesystem/folder-contents.js'
import { isLeaseFolder } from '../../adapters/filesystem/lease-folders.js'
import { BACKUP_FILE, CREDS_FILE, hasRecordName } from '../../adapters/filesystem/record-file.js'
import { MANIFEST_FILE } from '../../adapters/filesystem/unfinished-batch.js'
import { errorCode } from '../../errors.js'
import { locatorOf, type SessionsFolder } from '../stores/sessions-folder.js'
import type { Inodes } from './size-advice.js'

/** What only the file system knows of a session. */
export interface FolderInspection {
  /** The folder of the session. */
  path: string
  /** The folder and the files in it that others than their owner may use. */
  wideModes: readonly WideMode[]
  /** How many files a write left behind that was cut off, beside those in the folder of a writer. */
  leftOvers: number
  /** Whether a batch was cut off after it was decided: the next one who takes the session finishes it. */
  hasUnfinishedBatch: boolean
  /** Whether there is a second copy of the credentials. */
  hasBackup: boolean
  /** How many symbolic links are in the place of files. */
  links: number
  /** How many files and folders it takes, with its own folder and those of its writers. */
  files: number
  /** How many files have the name of a record. */
  records: number
  /** How many files and folders are neither records nor the store's own. */
  foreign: number
  /** When something in the folder was last written; `null` when it is empty. */
  lastWriteAt: Date | null
}

/** Something whose mode lets in others than its owner. */
export interface WideMode {
  /** The file or folder. */
  path: string
  /** Its permission bits. */
  mode: number
}

/** The permission bits of group and others. */
const OTHERS = 0o077

/**
 * Looks at the folder of a session and changes nothing; `null` when there is none. Modes say nothing on Windows.
 *
 * @throws SessionError `STORE_UNAVAILABLE` when it cannot be looked at, `INVALID_SESSION_ID` for an id that no folder can have.
 */
export async function inspectFolder(sessions: SessionsFolder, sessionId: string): Promise<FolderInspection | null> {
  const { path, exists } = await locatorOf(sessions).locate(sessionId)
  if (!exists) return null
  return onDisk({ verb: 'look at', path, sessionId }, async () => {
    const entries = await statAll(path, await readdir(path))
    const folder = await lstat(path)
    const names = [...entries.keys()]
    const all = new Map([...entries, ...(await statWriters(path, entries))])
    const written = [...all.values()].map(({ mtimeMs }) => mtimeMs)
    return {
      path,
      wideModes: [...wideMode(path, folder), ...[...all].flatMap(([name, found]) => wideMode(join(path, name), found))],
      leftOvers: names.filter((name) => isTemporaryName(name)).length,
      hasUnfinishedBatch: entries.has(MANIFEST_FILE),
      hasBackup: entries.has(BACKUP_FILE),
      links: [...all.values()].filter((found) => found.isSymbolicLink()).length,
      files: all.size + 1,
      records: names.filter(hasRecordName).length,
      foreign: names.filter((name) => !isSessionFile(name)).length,
      lastWriteAt: written.length === 0 ? null : new Date(Math.max(...written)),
    }
  })
}

/** What is to be said of the directory of a whole store. */
export interface DirectoryInspection {
  /** Its permission bits. */
  mode: number
  /** Whether others may put things into it, or take them out. */
  isWritableByOthers: boolean
  /** The inodes of its volume. */
  inodes: Inodes
  /** Whether it is the folder of one session itself. */
  holdsCreds: boolean
}

/** The bits that let others write, and the one that keeps them from other people's files. */
const WRITE_OF_OTHERS = 0o022
const STICKY = 0o1000

/** Looks at the directory of a store and changes nothing. Rejects with `STORE_UNAVAILABLE`. */
export async function inspectDirectory(path: string): Promise<DirectoryInspection> {
  return onDisk({ verb: 'look at', path }, async () => {
    const mode = (await stat(path)).mode & 0o7777
    const isOpen = process.platform !== 'win32' && (mode & WRITE_OF_OTHERS) !== 0 && (mode & STICKY) === 0
    const { files: total, ffree: free } = await statfs(path)
    return { mode, isWritableByOthers: isOpen, inodes: { total, free }, holdsCreds: (await readdir(path)).includes(CREDS_FILE) }
  })
}

/** Takes the permissions of others away, and resolves with what could not be changed. Follows no links. */
export async function narrowModes(wideModes: readonly WideMode[]): Promise<WideMode[]> {
  const failed: WideMode[] = []
  for (const wide of wideModes) {
    try {
      await narrow(wide)
    } catch (error) {
      // Gone in the meantime is narrow enough.
      if (errorCode(error) !== 'ENOENT') failed.push(wide)
    }
  }
  return failed
}

async function narrow({ path, mode }: WideMode): Promise<void> {
  // Through a descriptor: another file may have been put in its place since, or a link to somewhere else.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await file.chmod(mode & ~OTHERS)
  } finally {
    await file.close()
  }
}

function wideMode(path: string, found: Stats): WideMode[] {
  if (process.platform === 'win32' || !(found.isFile() || found.isDirectory())) return []
  const mode = found.mode & 0o7777
  return (mode & OTHERS) === 0 ? [] : [{ path, mode }]
}

/** What is in the folders of writers. */
async function statWriters(folder: string, entries: ReadonlyMap<string, Stats>): Promise<Map<string, Stats>> {
  const found = new Map<string, Stats>()
  for (const [name, stats] of entries) {
    if (!isLeaseFolder(name) || !stats.isDirectory()) continue
    const names = (await namesIn(join(folder, name))).map((file) => join(name, file))
    for (const [file, its] of await statAll(folder, names)) found.set(file, its)
  }
  return found
}

async function statAll(folder: string, names: readonly string[]): Promise<Map<string, Stats>> {
  const found = new Map<string, Stats>()
  for (const name of names) {
    try {
      found.set(name, await lstat(join(folder, name)))
    } catch (error) {
      // A temporary file that has become a record since.
      if (errorCode(error) !== 'ENOENT') throw error
    }
  }
  return found
}
