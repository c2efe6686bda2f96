import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Opening a pipe waits for its other end, and holds a thread of the pool meanwhile, unless this is said. Windows knows no such flag. */
const NO_WAITING = process.platform === 'win32' ? 0 : constants.O_NONBLOCK

/** Flags to open a file for reading, whatever may be in its place. */
export const READ_AT_ONCE: number = constants.O_RDONLY | NO_WAITING

/** What is in the place of a file, for people; `null` when it is a file. */
export function kindInPlaceOfFile(found: Stats): string | null {
  if (found.isFile()) return null
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a named pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** Opens a file for reading. Rejects for what is none, without waiting for it. */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, READ_AT_ONCE)
  try {
    const kind = kindInPlaceOfFile(await file.stat())
    if (kind !== null) throw new Error(`${path} is ${kind}, not a file`)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
