import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import * as fs from 'node:fs'
import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, isSessionError, SessionError } from '../../errors.js'

// The calls of a store by bare descriptors: `FileHandle` costs several times what the system call does, and a login makes
// thousands of them.

/** What a first look at a file reads. Most records fit; within Node's pool of buffers. */
const FIRST_READ = 4000

/** A file that has more than this is asked how much. Few have. */
const LOOK_BEYOND = 1024 * 1024

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Whether it must survive the loss of power, and not only the end of the process. */
  isDurable: boolean
}

const TEMPORARY_NAME = /^\.[0-9a-f]{18}\.tmp$/

/** Replaces a file in one step: whoever reads it finds the old text or the new one, whole. */
export async function replaceFile(path: string, text: string, { isDurable }: ReplaceOptions): Promise<void> {
  const temporary = await writeTemporary(dirname(path), text, { isDurable })
  try {
    await renameFile(temporary, path)
  } catch (error) {
    await discard(temporary)
    throw error
  }
  if (isDurable) await syncFolder(dirname(path))
}

/** A name for a file that no listing takes for a record. */
export function temporaryName(): string {
  // Far cheaper than random bytes: Node keeps a stock of these.
  return `.${randomUUID().replaceAll('-', '').slice(0, 18)}.tmp`
}

/** Whether a file was named by {@link temporaryName}. */
export function isTemporaryName(fileName: string): boolean {
  return TEMPORARY_NAME.test(fileName)
}

/** Writes a new file that no listing takes for a record, to be renamed later. Leaves nothing behind when it fails. */
export async function writeTemporary(folder: string, text: string, options: ReplaceOptions): Promise<string> {
  const path = join(folder, temporaryName())
  await writeNewFile(path, text, options)
  return path
}

/** Writes a file that must not be there yet, for this user alone. Leaves nothing behind when it fails. */
export async function writeNewFile(path: string, text: string, { isDurable }: ReplaceOptions): Promise<void> {
  const file = await openFile(path, 'wx', 0o600)
  try {
    try {
      await writeText(file, text)
      if (isDurable) await syncFile(file)
    } finally {
      await closeFile(file)
    }
  } catch (error) {
    await discard(path)
    throw error
  }
}

/** Removes a temporary file that is of no use any more; its failure hides no other. */
export async function discard(path: string): Promise<void> {
  await unlinkFile(path).catch(() => undefined)
}

/** Makes what a file says survive the loss of power. */
export async function syncPath(path: string): Promise<void> {
  const file = await openFile(path, 'r+')
  try {
    await syncFile(file)
  } finally {
    await closeFile(file)
  }
}

/** Makes the names in a folder survive the loss of power. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and keeps names durable by itself.
  if (process.platform === 'win32') return
  const folder = await openFile(path, 'r')
  try {
    await syncFile(folder)
  } catch (error) {
    // Some network file systems know no such call.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errorCode(error))) throw error
  } finally {
    await closeFile(folder)
  }
}

/** Opens a file and gives its descriptor. */
export function openFile(path: string, flags: string | number, mode?: number): Promise<number> {
  return new Promise((resolve, reject) => fs.open(path, flags, mode, (error, file) => (error === null ? resolve(file) : reject(error))))
}

/** Closes a descriptor. */
export function closeFile(file: number): Promise<void> {
  return call((done) => fs.close(file, done))
}

/** Makes what was written to a descriptor survive the loss of power. */
export function syncFile(file: number): Promise<void> {
  return call((done) => fs.fsync(file, done))
}

/** The same for what a file says and how long it is, without its other dates, which costs less. */
export function syncData(file: number): Promise<void> {
  return call((done) => fs.fdatasync(file, done))
}

/** Cuts a file, or what it has too much. */
export function truncateFile(file: number, length: number): Promise<void> {
  return call((done) => fs.ftruncate(file, length, done))
}

/** The same for a file that is open under its path for appending alone. */
export async function truncateAppended(file: number, path: string, length: number): Promise<void> {
  try {
    await truncateFile(file, length)
  } catch (error) {
    // Windows lets such a descriptor cut nothing.
    if (errorCode(error) !== 'EPERM') throw error
    const writable = await openFile(path, 'r+')
    try {
      await truncateFile(writable, length)
    } finally {
      await closeFile(writable)
    }
  }
}

/** What is under a path, with numbers that no disk is too large for. */
export function statPath(path: string): Promise<fs.BigIntStats> {
  return new Promise((resolve, reject) => fs.lstat(path, { bigint: true }, (error, found) => (error === null ? resolve(found) : reject(error))))
}

/** What a descriptor is of. */
export function statFile(file: number): Promise<fs.Stats> {
  return new Promise((resolve, reject) => fs.fstat(file, (error, found) => (error === null ? resolve(found) : reject(error))))
}

/** Renames a file, over another one if need be. */
export function renameFile(from: string, to: string): Promise<void> {
  return call((done) => fs.rename(from, to, done))
}

/** Removes a file. */
export function unlinkFile(path: string): Promise<void> {
  return call((done) => fs.unlink(path, done))
}

/** Writes a whole text to a descriptor. */
export function writeText(file: number, text: string): Promise<void> {
  return writeBytes(file, Buffer.from(text))
}

/** Writes all of something to a descriptor. */
export async function writeBytes(file: number, bytes: Buffer): Promise<void> {
  // A disk that fills up takes a part first, and refuses the rest.
  for (let written = 0; written < bytes.length;) written += await writeSome(file, bytes, written)
}

/** Everything in a file from its beginning; `null` when that is more than `maxBytes`. */
export async function readBytes(file: number, maxBytes: number): Promise<Buffer | null> {
  let bytes = Buffer.allocUnsafe(FIRST_READ)
  let length = 0
  for (;;) {
    const count = await readSome(file, bytes, length)
    length += count
    // A file gives less than was asked for only at its end.
    if (length < bytes.length) return bytes.subarray(0, length)
    if (length > maxBytes || (length > LOOK_BEYOND && (await statFile(file)).size > maxBytes)) return null
    bytes = Buffer.concat([bytes], bytes.length * 4)
  }
}

function writeSome(file: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.write(file, bytes, offset, bytes.length - offset, null, (error, count) => (error === null ? resolve(count) : reject(error))),
  )
}

function readSome(file: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) =>
    fs.read(file, bytes, offset, bytes.length - offset, offset, (error, count) => (error === null ? resolve(count) : reject(error))),
  )
}

function call(work: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => work((error) => (error === null || error === undefined ? resolve() : reject(error))))
}

/**
 * Makes a folder, and those above it, for this user alone. Resolves with the ones that were made, the topmost first.
 *
 * Node's own recursive form never comes back on disks that answer ENOENT to every new name, as `/proc` does.
 */
export async function makeFolder(path: string): Promise<string[]> {
  try {
    return await makeOne(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error
  }
  return [...(await makeFolder(dirname(path))), ...(await makeOne(path))]
}

async function makeOne(path: string): Promise<string[]> {
  try {
    await mkdir(path, { mode: 0o700 })
    return [path]
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return []
    throw error
  }
}

/** The names in a folder; none when there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Removes a file, or a folder that is in its place. One that is not there is no failure. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlinkFile(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    // Systems disagree on what they say to a folder.
    if (!['EISDIR', 'EPERM'].includes(errorCode(error))) throw error
    await rm(path, { recursive: true, force: true })
  }
}

/** The same by way of a temporary name, so that it fails when the folder of that is not there. */
export async function removeThrough(temporary: string, path: string): Promise<void> {
  try {
    await renameFile(path, temporary)
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && (await isGone(path))) return
    throw error
  }
  await removeFile(temporary)
}

async function isGone(path: string): Promise<boolean> {
  return statPath(path).then(
    () => false,
    (error: unknown) => errorCode(error) === 'ENOENT',
  )
}

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
