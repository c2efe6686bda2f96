import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { errorCode } from '../../system/system-error.js'
import { closeFile, openFile, renameFile, syncFile, unlinkFile, writeText } from './file-calls.js'

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
