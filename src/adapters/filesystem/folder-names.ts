import { readdir } from 'node:fs/promises'
import { errorCode } from '../../system/system-error.js'

/** The names in a folder; none when there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}
