import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A process that is not there. */
export const NO_PID: number = 2 ** 30
const LONG_AGO = new Date(Date.now() - 11 * 60_000)

/** The file of every token of this session below a folder of file locks; without a session, of all. */
export function tokenFiles(folder: string, sessionId?: string): string[] {
  const locks = join(folder, 'locks')
  if (!existsSync(locks)) return []
  // By the id, as under the usual prefix, or by the folder, which without a prefix has the id's name.
  const digests =
    sessionId === undefined ? null : ['', 'folder '].map((kind) => createHash('sha256').update(kind).update(sessionId, 'utf16le').digest('hex').slice(0, 40))
  return readdirSync(locks, { recursive: true, encoding: 'utf8' })
    .filter((name) => (digests?.some((digest) => basename(name).startsWith(`${digest}.`)) ?? true) && /\.\d+$/u.test(name))
    .map((name) => join(locks, name))
}

/** The file of every token of a session's folder that was named by itself. */
export function ownTokenFiles(sessionFolder: string): string[] {
  const lock = join(sessionFolder, '.baileys-sessions', 'lock')
  if (!existsSync(lock)) return []
  return readdirSync(lock)
    .filter((name) => /^\d+$/u.test(name))
    .map((name) => join(lock, name))
}

/** Makes the holder of a file lock look as if its process had ended; without a session, those of all. */
export function declareDead(folder: string, sessionId?: string): void {
  declareHoldersDead(tokenFiles(folder, sessionId))
}

/** The same for the holders that have these token files. */
export function declareHoldersDead(paths: readonly string[]): void {
  for (const path of paths) {
    const holder = holderIn(readFileSync(path, 'utf8'))
    // A file of its own: those of all tokens of a process are links to one.
    rmSync(path)
    writeFileSync(path, holder === null ? '' : JSON.stringify({ ...holder, pid: NO_PID }))
    // Of one that cannot be read, only the time counts.
    if (holder === null) utimesSync(path, LONG_AGO, LONG_AGO)
  }
}

function holderIn(text: string): object | null {
  try {
    const holder: unknown = JSON.parse(text)
    return typeof holder === 'object' ? holder : null
  } catch {
    return null
  }
}
