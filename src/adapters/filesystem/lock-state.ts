import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { discard, writeTemporary } from './atomic-file.js'
import { type Holder, parseHolder } from '../../ownership/holder-identity.js'
import { judgeHolder } from '../../ownership/holder-judgement.js'
import { type LockMark, markIn } from './lock-place.js'
import { type DatedFile, readWithTime, type TokenFiles } from './token-files.js'

/** A lock as it is now. */
export interface LockState {
  /** The newest token; 0 when none was ever handed out. */
  token: number
  /** The name of its holder, or `null` when nobody holds it: it was given back, or the holder is dead. */
  owner: string | null
  /** What the newest token stands for; `folder` when there is none. */
  mark: LockMark
}

/** From where a lock is looked at. */
export interface LockObserver {
  /** Who looks. */
  self: Holder
  /** A folder on the same disk in which files can be made. */
  folder: string
  /** The folder of the heartbeats, where holders beat. */
  heartbeats?: string
  /** After how long without a sign of life a holder counts as dead that cannot be seen from here. */
  staleAfterMs: number
}

/** How often a lock may change under the eyes of one who looks. */
const LOOKS = 100

/** Looks at a lock. */
export async function lookAtLock(tokens: TokenFiles, observer: LockObserver): Promise<LockState> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const { token, isHeld } = await tokens.newest()
    if (!isHeld) return { token, owner: null, mark: 'folder' }
    const file = await tokens.read(token)
    // Gone already: there is a newer one to look at.
    if (file !== null) return { token, owner: await livingOwner(file, observer), mark: markIn(file.text) }
  }
  throw new Error(`the newest lock file vanished ${LOOKS} times while it was looked at`)
}

async function livingOwner(file: DatedFile, observer: LockObserver): Promise<string | null> {
  const holder = parseHolder(file.text)
  const judgement = holder === null ? 'unknown' : await judgeHolder(holder, observer.self)
  if (judgement === 'dead') return null
  const isAlive = judgement === 'alive' || (await showsLife(file, holder, observer))
  return isAlive ? holder?.owner ?? 'a process that is just taking it' : null
}

async function showsLife(file: DatedFile, holder: Holder | null, { folder, heartbeats, staleAfterMs }: LockObserver): Promise<boolean> {
  const beat = holder === null || heartbeats === undefined ? null : await readWithTime(heartbeatPath(heartbeats, holder.nonce))
  const lastSign = Math.max(file.writtenAt, beat?.writtenAt ?? 0)
  return (await diskTime(folder)) - lastSign <= staleAfterMs
}

/** Where a holder's heartbeat is. The nonce came from a file, so it is held to what this library makes. */
export function heartbeatPath(folder: string, nonce: string): string {
  return join(folder, nonce.replace(/[^0-9a-f]/g, ''))
}

/** The time by the clock that also dates the heartbeats: the machines that share a disk may disagree. */
async function diskTime(folder: string): Promise<number> {
  try {
    const path = await writeTemporary(folder, 'now', { isDurable: false })
    try {
      return (await stat(path)).mtimeMs
    } finally {
      await discard(path)
    }
  } catch {
    // It may only read here; then its own clock must do.
    return Date.now()
  }
}
