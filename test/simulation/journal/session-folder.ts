import {
  afterPowerFailure,
  appendOnDisk,
  calmDisk,
  copyDisk,
  cutOnDisk,
  DAMAGED,
  type Disk,
  makeOnDisk,
  type Remains,
  removeOnDisk,
  replaceOnDisk,
  syncSessionFolder,
} from './disk.js'
import type { Mechanism, Violation } from './mechanisms.js'

/** A write by its number: 12 is the second one under token 1. A higher one is newer; 0 stands for none. */
export type Write = number

/**
 * What every second write under a token does. All others replace both records, and so does it with `replace`.
 *
 * - `remove`: it removes both;
 * - `keys`: it replaces the second record, a key, without waiting for the disk. All others replace the first one alone, the creds.
 */
export type SecondWrites = 'replace' | 'remove' | 'keys'

/** A folder of one lease or one visitor: `.lease-<name>`, or `.sealed-<name>`. */
export interface LeaseFolder {
  readonly name: string
  readonly token: number
  isSealed: boolean
  /** Whoever has it open reaches it under either name, and when it was removed, to no effect. */
  journal: Write[]
}

/** What all participants share: the lock of one session, and its folder. */
export interface SessionFolder {
  /** The mechanism that is left out. */
  readonly leftOut: Mechanism | null
  readonly secondWrites: SecondWrites
  /** The newest token that was handed out. */
  newestToken: number
  isGivenBack: boolean
  /** How many writes there were under each token. */
  numbered: number[]
  /** By which write each record is as it is; also for one that is gone, which a disk would not tell. */
  files: Write[]
  /** In the order of tokens. */
  folders: LeaseFolder[]
  /** The newest acknowledged write of each record. */
  acknowledged: Write[]
  /** Whether a write was acknowledged after a newer one. */
  hasAcceptedStale: boolean
  /** What survives a power failure; `null` where there is none. */
  disk: Disk | null
}

/** Copies what all participants share. */
export function copySessionFolder(session: SessionFolder): SessionFolder {
  const { numbered, files, folders, acknowledged, disk } = session
  return {
    ...session,
    numbered: [...numbered],
    files: [...files],
    folders: folders.map((folder) => ({ ...folder, journal: [...folder.journal] })),
    acknowledged: [...acknowledged],
    disk: disk === null ? null : copyDisk(disk),
  }
}

/** The folder of this name, sealed or not. */
export function folderNamed({ folders }: Pick<SessionFolder, 'folders'>, name: string): LeaseFolder | undefined {
  return folders.find((folder) => folder.name === name)
}

/** Whether `.lease-<name>` is there. A look at the path of a journal tells, and so does every rename out of the folder or into it. */
export function isOpen(session: SessionFolder, name: string): boolean {
  return folderNamed(session, name)?.isSealed === false
}

/** Makes `.lease-<name>` with an empty journal. */
export function makeFolder(session: SessionFolder, name: string, token: number): void {
  session.folders.push({ name, token, isSealed: false, journal: [] })
  session.folders.sort((a, b) => a.token - b.token || a.name.localeCompare(b.name))
  if (session.disk !== null) makeOnDisk(session.disk, name, token)
}

/** Removes a folder with its journal, if it is there. */
export function removeFolder(session: SessionFolder, name: string): void {
  session.folders = session.folders.filter((folder) => folder.name !== name)
  if (session.disk !== null) removeOnDisk(session.disk, name)
}

/** Appends the next write under a token to a journal that is open. */
export function append(session: SessionFolder, name: string, token: number): Write {
  const count = (session.numbered[token] ?? 0) + 1
  session.numbered[token] = count
  const write = token * 10 + count
  folderNamed(session, name)?.journal.push(write)
  if (session.disk !== null) appendOnDisk(session.disk, name, write)
  return write
}

/** Cuts a journal that is open. */
export function cut(session: SessionFolder, name: string): void {
  const folder = folderNamed(session, name)
  if (folder !== undefined) folder.journal = []
  if (session.disk !== null) cutOnDisk(session.disk, name)
}

/** Tells the caller of a write that it is kept. */
export function acknowledge(session: SessionFolder, write: Write): void {
  if (session.acknowledged.some((newest) => write < newest)) session.hasAcceptedStale = true
  session.acknowledged = session.acknowledged.map((newest, record) => (changes(session, write, record) ? Math.max(newest, write) : newest))
}

/** Whether a write has to survive a power failure. */
export function isDurable({ secondWrites }: SessionFolder, write: Write): boolean {
  return secondWrites !== 'keys' || write % 2 === 1
}

/** What entries come to for one record; `undefined` when none changes it. */
export function newestOf(session: SessionFolder, entries: readonly Write[], record: number): Write | undefined {
  return entries.findLast((write) => write !== DAMAGED && changes(session, write, record))
}

function changes({ secondWrites }: SessionFolder, write: Write, record: number): boolean {
  return secondWrites !== 'keys' || write % 2 !== record
}

/**
 * Folds entries into the file of one record: by a rename out of the folder of whoever folds or, when the record goes, into it. Neither
 * works once that folder is sealed. Tells whether it worked.
 */
export function foldRecord(session: SessionFolder, name: string, entries: readonly Write[], record: number): boolean {
  const write = newestOf(session, entries, record)
  if (write === undefined) return true
  const isRemoval = session.secondWrites === 'remove' && write % 2 === 0
  const isFenced = session.leftOut !== (isRemoval ? 'removed files go into the folder of the lease' : 'new files come out of the folder of the lease')
  if (isFenced && !isOpen(session, name)) return false
  session.files[record] = write
  const isSynced = isRemoval || (mustSync(session, entries) && session.leftOut !== 'new files are synced before they get their names')
  if (session.disk !== null) replaceOnDisk(session.disk, record, { write, isSynced })
  return true
}

/** Makes a fold of these entries last, before their journal goes. */
export function finishFold(session: SessionFolder, entries: readonly Write[], leftOutBy: Mechanism): void {
  if (session.disk !== null && mustSync(session, entries) && session.leftOut !== leftOutBy) syncSessionFolder(session.disk)
}

function mustSync(session: SessionFolder, entries: readonly Write[]): boolean {
  return entries.some((write) => isDurable(session, write))
}

/** What records are when journals, in their order, are laid over files. */
export function overlay(session: SessionFolder, files: readonly Write[], journals: readonly (readonly Write[])[]): Write[] {
  return files.map((file, record) => newestOf(session, journals.flat(), record) ?? file)
}

/** What must not be, and would be found by whoever comes next if everybody stopped for good just now. */
export function folderViolation(session: SessionFolder): Violation | null {
  const { files, folders, acknowledged } = session
  const found = overlay(
    session,
    files,
    folders.map(({ journal }) => journal),
  )
  if (isOlder(found, acknowledged)) return 'write lost'
  if (session.hasAcceptedStale) return 'stale write accepted'
  return isMixed(session, found) ? 'writes mixed' : null
}

/** Whether some record is older than it was acknowledged to be. */
export function isOlder(found: readonly Write[], acknowledged: readonly Write[]): boolean {
  return acknowledged.some((newest, record) => newest > 0 && (found[record] ?? 0) < newest)
}

/** Whether records come from two writes, where each write changes all of them. */
export function isMixed({ secondWrites }: SessionFolder, found: readonly Write[]): boolean {
  return secondWrites !== 'keys' && new Set(found).size > 1
}

/** What must not be found once the power has come back. */
export function powerViolation(session: SessionFolder): Violation | null {
  if (session.disk === null) return null
  for (const remains of afterPowerFailure(session.disk)) {
    if (session.leftOut === 'entries that were never synced may be damaged' && remains.folders.some(({ journal }) => hasGap(journal))) return 'journal refused'
    const found = overlay(
      session,
      remains.files,
      remains.folders.map(({ journal }) => readable(journal)),
    )
    if (isOlder(found, durable(session))) return 'write lost with the power'
    if (isMixed(session, found)) return 'writes mixed with the power'
  }
  return null
}

/** Begins anew with what the power failure left. */
export function powerUp(session: SessionFolder, remains: Remains): void {
  const folders = remains.folders.map((folder) => ({ ...folder, journal: readable(folder.journal) }))
  session.files = [...remains.files]
  session.folders = folders.map((folder) => ({ ...folder, isSealed: false }))
  session.acknowledged = durable(session)
  session.disk = calmDisk({ files: remains.files, folders })
}

/** A damaged entry ends a journal: whatever is behind it was not synced either. */
function readable(journal: readonly Write[]): Write[] {
  const damaged = journal.indexOf(DAMAGED)
  return damaged < 0 ? [...journal] : journal.slice(0, damaged)
}

function hasGap(journal: readonly Write[]): boolean {
  return journal.slice(journal.indexOf(DAMAGED) + 1).some((write) => journal.includes(DAMAGED) && write !== DAMAGED)
}

/** What has to survive a power failure of what was acknowledged. */
function durable(session: SessionFolder): Write[] {
  return session.acknowledged.map((write) => (isDurable(session, write) ? write : 0))
}
