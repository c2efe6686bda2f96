import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A process that is not there. */
export const NO_PID: number = 2 ** 30

/** The file of every token of this session below a folder of locks. */
export function tokenFiles(folder: string, sessionId: string): string[] {
  // By the id, as under the usual prefix, or by the folder, which without a prefix has the id's name.
  const digests = ['', 'folder '].map((kind) => createHash('sha256').update(kind).update(sessionId, 'utf16le').digest('hex').slice(0, 40))
  return readdirSync(join(folder, 'locks'), { recursive: true, encoding: 'utf8' })
    .filter((name) => digests.some((digest) => basename(name).startsWith(`${digest}.`)) && /\d+$/u.test(name))
    .map((name) => join(folder, 'locks', name))
}

/** Makes the holder of a lock look as if its process had ended. */
export function declareDead(folder: string, sessionId: string): void {
  for (const path of tokenFiles(folder, sessionId)) {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'))
    // A file of its own: those of all tokens of a process are links to one.
    rmSync(path)
    writeFileSync(path, JSON.stringify({ ...(holder as object), pid: NO_PID }))
  }
}
