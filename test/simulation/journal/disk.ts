import type { Write } from './session-folder.js'

/** What is left of an entry or a file whose bytes never reached the disk, though its length or its name did. */
export const DAMAGED: Write = -1

/** What a file of a record may be once the power is back. */
interface StoredFile {
  /** It may be any of these. */
  mayBe: Write[]
  /** What of these is left when the folder is synced, which names the file and does not care for its bytes. */
  named: Write[]
}

/** What a folder of a lease may be once the power is back. */
interface StoredFolder {
  readonly name: string
  readonly token: number
  /** Whether the folder, and its journal in it, are there for certain. */
  hasName: boolean
  hasJournal: boolean
  /** Whether it was removed, and may be gone. */
  isRemoved: boolean
  /** The journal may be any of these. */
  mayBe: Write[][]
}

/** What a disk has for certain and what it may lose. Until something is synced, it may or may not have happened, and so may what came after it. */
export interface Disk {
  files: StoredFile[]
  folders: StoredFolder[]
}

/** What comes up once the power is back. */
export interface Remains {
  readonly files: readonly Write[]
  readonly folders: readonly { readonly name: string; readonly token: number; readonly journal: readonly Write[] }[]
}

/** A disk whose files were written long ago. */
export function calmDisk({ files, folders }: Remains): Disk {
  return {
    files: files.map((write) => ({ mayBe: [write], named: [write] })),
    folders: folders.map(({ name, token, journal }) => ({ name, token, hasName: true, hasJournal: true, isRemoved: false, mayBe: [[...journal]] })),
  }
}

export function copyDisk({ files, folders }: Disk): Disk {
  return { files: files.map((file) => ({ ...file })), folders: folders.map((folder) => ({ ...folder })) }
}

/** Makes a folder, and an empty journal in it. */
export function makeOnDisk(disk: Disk, name: string, token: number): void {
  disk.folders.push({ name, token, hasName: false, hasJournal: false, isRemoved: false, mayBe: [[]] })
}

/** Removes a folder. */
export function removeOnDisk(disk: Disk, name: string): void {
  const folder = folderOn(disk, name)
  if (folder !== undefined) folder.isRemoved = true
}

/** Appends to a journal. An entry that is lost leaves its place behind if something after it is not. */
export function appendOnDisk(disk: Disk, name: string, write: Write): void {
  const folder = folderOn(disk, name)
  if (folder !== undefined)
    folder.mayBe = distinct(
      folder.mayBe.flatMap((journal) =>
        journal.includes(DAMAGED)
          ? [journal, [...journal, write]]
          : [
              [...journal, DAMAGED],
              [...journal, write],
            ],
      ),
    )
}

/** Cuts a journal. */
export function cutOnDisk(disk: Disk, name: string): void {
  const folder = folderOn(disk, name)
  if (folder !== undefined) folder.mayBe = distinct([...folder.mayBe, []])
}

/** Gives a record's file to a new one, whose bytes may have been synced before. */
export function replaceOnDisk(disk: Disk, record: number, { write, isSynced }: { write: Write; isSynced: boolean }): void {
  const named = isSynced ? [write] : [DAMAGED, write]
  disk.files[record] = { mayBe: distinct([...(disk.files[record]?.mayBe ?? []), ...named]), named }
}

/** Syncs the entries of a journal. */
export function syncJournal(disk: Disk, name: string, journal: readonly Write[]): void {
  const folder = folderOn(disk, name)
  if (folder !== undefined) folder.mayBe = [[...journal]]
}

/** Syncs a journal, the folder that names it, and the one that names that. */
export function syncWholeJournal(disk: Disk, name: string, journal: readonly Write[]): void {
  syncJournal(disk, name, journal)
  const folder = folderOn(disk, name)
  if (folder !== undefined) folder.hasJournal = true
  syncSessionFolder(disk)
}

/** Syncs the folder of the session, which names the files and the folders of leases. */
export function syncSessionFolder(disk: Disk): void {
  disk.folders = disk.folders.filter(({ isRemoved }) => !isRemoved)
  for (const folder of disk.folders) folder.hasName = true
  for (const file of disk.files) file.mayBe = [...file.named]
}

/** Everything that may come up after a power failure. */
export function afterPowerFailure({ files, folders }: Disk): Remains[] {
  const allFiles = product(files.map(({ mayBe }) => mayBe))
  const allFolders = product(folders.map(remainsOf))
  return allFiles.flatMap((each) => allFolders.map((some) => ({ files: each, folders: some.filter((folder) => folder !== null) })))
}

function remainsOf({ name, token, hasName, hasJournal, isRemoved, mayBe }: StoredFolder): (Remains['folders'][number] | null)[] {
  const present = mayBe.map((journal) => ({ name, token, journal }))
  return hasName && hasJournal && !isRemoved ? present : [null, ...present]
}

function folderOn({ folders }: Disk, name: string): StoredFolder | undefined {
  return folders.find((folder) => folder.name === name)
}

function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}

function product<Value>(choices: readonly (readonly Value[])[]): Value[][] {
  return choices.reduce<Value[][]>((all, values) => all.flatMap((some) => values.map((value) => [...some, value])), [[]])
}
