import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, isSessionError, SessionError } from '../../errors.js'

/** What was being done when the disk failed. */
export interface StorageAction {
  /** In the infinitive: `read`, `write`. */
  verb: string
  /** The file or folder. */
  path: string
  /** The session it belongs to, when it belongs to one. */
  sessionId?: string | undefined
}

const PERMISSION_CODES: readonly string[] = ['EACCES', 'EPERM', 'EROFS']

const ADVICE: Readonly<Record<string, string>> = Object.freeze({
  EACCES: 'Give this user permission to read and write there.',
  EPERM: 'Give this user permission to read and write there.',
  EROFS: 'The file system is read-only: mount it writable, or use another directory.',
  EMFILE: 'This process has too many open files: raise its limit (ulimit -n).',
  ENFILE: 'The system has too many open files.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota is used up.',
  ENOTDIR: 'There is a file where a folder should be: move it away.',
  ELOOP: 'The store does not follow symbolic links: put the file itself there.',
})

/** Does something with the disk; whatever goes wrong becomes `STORE_UNAVAILABLE` with path, mode and advice. */
export async function onDisk<Result>(action: StorageAction, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw await storageFailure(action, error)
  }
}

/** What went wrong with the disk as a `SessionError`; one that is one already stays as it is. */
export async function storageFailure({ verb, path, sessionId }: StorageAction, error: unknown): Promise<SessionError> {
  if (isSessionError(error)) return error
  const code = errorCode(error)
  const place = PERMISSION_CODES.includes(code) ? ` ${await describePermissions(path)}` : ''
  const advice = ADVICE[code] ?? 'Check the disk.'
  const text = error instanceof Error ? error.message : String(error)
  return new SessionError('STORE_UNAVAILABLE', `Could not ${verb} ${path}: ${text}.${place} ${advice}`, { sessionId, cause: error })
}

/** Mode and owner of a path, or of the nearest folder above it that can be seen. */
async function describePermissions(path: string): Promise<string> {
  const user = process.geteuid === undefined ? '' : `; this process runs as uid ${process.geteuid()}`
  for (let place = path; ; place = dirname(place)) {
    const found = await lstat(place).catch(() => null)
    if (found !== null) return `${place} has mode ${(found.mode & 0o7777).toString(8).padStart(4, '0')} and belongs to uid ${found.uid}${user}.`
    if (place === dirname(place)) return `No folder above it is visible${user}.`
  }
}
