import { readFile } from 'node:fs/promises'
import { errorCode } from '../system/system-error.js'

/** The version of this package, from the nearest package.json above this file: it runs from `src` and from `dist`. */
export async function packageVersion(): Promise<string> {
  for (let place = new URL('.', import.meta.url); ; place = new URL('..', place)) {
    const text = await readOrNull(new URL('package.json', place))
    const content: unknown = text === null ? null : JSON.parse(text)
    if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version)
    if (place.pathname === '/') return 'unknown'
  }
}

async function readOrNull(file: URL): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null
    throw error
  }
}
