import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode } from '../../system/system-error.js'

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Whether it must survive the loss of power, and not only the end of the process. */
  isDurable: boolean
}

/** Replaces a file in one step: whoever reads it finds the old text or the new one, whole. */
export async function replaceFile(path: string, text: string, { isDurable }: ReplaceOptions): Promise<void> {
  const temporary = await writeTemporary(dirname(path), text, { isDurable })
  try {
    await rename(temporary, path)
  } catch (error) {
    await discard(temporary)
    throw error
  }
  if (isDurable) await syncFolder(dirname(path))
}

/** Writes a new file that no listing takes for a record, to be renamed later. Leaves nothing behind when it fails. */
export async function writeTemporary(folder: string, text: string, { isDurable }: ReplaceOptions): Promise<string> {
  const path = join(folder, `.${randomBytes(9).toString('hex')}.tmp`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      if (isDurable) await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    await discard(path)
    throw error
  }
  return path
}

/** Removes a temporary file that is of no use any more; its failure hides no other. */
export async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined)
}

/** Makes the names in a folder survive the loss of power. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and keeps names durable by itself.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    // Some network file systems know no such call.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(errorCode(error))) throw error
  } finally {
    await folder.close()
  }
}
