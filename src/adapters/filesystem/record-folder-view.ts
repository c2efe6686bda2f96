import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from './folder-names.js'
import type { FolderView } from './record-names.js'
import { errorCode } from '../../system/system-error.js'

/** A session's folder as the names of one batch are chosen: what it holds, and what the batch is about to add. */
export interface BatchFolderView extends FolderView {
  /** Tells of a name that was chosen. */
  add(fileName: string): void
}

/** The view of a folder on a disk that tells `A` from `a`. */
export function exactFolderView(folder: string): BatchFolderView {
  const added = new Set<string>()
  return {
    add: fileName => void added.add(fileName),
    holds: async fileName => added.has(fileName) || (await exists(join(folder, fileName))),
    holdsTwin: () => Promise.resolve(false),
  }
}

/** The view of a folder on a disk that takes `A` and `a` for the same name. */
export async function caseFoldingFolderView(folder: string): Promise<BatchFolderView> {
  return foldedNames(await namesIn(folder))
}

/** The same, over the names in the folder. */
export function foldedNames(names: readonly string[]): BatchFolderView {
  const spellings = new Map(names.map(name => [name.toLowerCase(), name]))
  return {
    add: fileName => void spellings.set(fileName.toLowerCase(), fileName),
    holds: fileName => Promise.resolve(spellings.get(fileName.toLowerCase()) === fileName),
    holdsTwin: fileName => Promise.resolve((spellings.get(fileName.toLowerCase()) ?? fileName) !== fileName),
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}
