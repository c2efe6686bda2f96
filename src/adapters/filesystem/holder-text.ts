import { stat } from 'node:fs/promises'
import type { Holder } from '../../lease/holder.js'

/**
 * What a token's file says of it:
 *
 * - `folder`: its holder has the lock of a folder;
 * - `guard`: its holder has the lock of another folder, and keeps older versions away from that one. It stands in nobody else's way;
 * - `older`: it was made by an older version, so that nobody knows which folder its holder uses.
 */
export type LockMark = 'folder' | 'guard' | 'older'

/** The text of a holder's file: who it is, what the file stands for, and in which folder it was made. */
export function holderText(holder: Holder, lock: LockMark, inode: string): string {
  return `${JSON.stringify({ ...holder, lock, inode }, null, 2)}\n`
}

/** Reads the mark in the text of a token's file. */
export function markIn(text: string): LockMark {
  const mark = /"lock": ?"(\w+)"/u.exec(text)?.[1]
  return mark === 'folder' || mark === 'guard' ? mark : 'older'
}

/**
 * Tells a folder from a copy of it. Not by the disk as well, which has another number wherever a network disk is mounted once more.
 * Always of the same length, since a heartbeat is written over.
 */
export async function inodeOf(folder: string): Promise<string> {
  const { ino } = await stat(folder, { bigint: true })
  return String(ino).padStart(20, '0')
}

/** Reads in the text of a holder's file which folder it was made in; `null` when it does not say, as that of older versions. */
export function inodeIn(text: string): string | null {
  return /"inode": ?"(\d+)"/u.exec(text)?.[1] ?? null
}
