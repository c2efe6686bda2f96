import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from '../../system/system-error.js'

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
