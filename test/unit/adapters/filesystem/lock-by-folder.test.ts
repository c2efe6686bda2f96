import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileLockTable, lockPlaceOf } from '../../../../src/adapters/filesystem/file-lock-table.js'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import type { TokenFiles } from '../../../../src/adapters/filesystem/token-files.js'
import { describeHolder } from '../../../../src/lease/holder.js'
import { LeaseLock } from '../../../../src/lease/lease-lock.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const CREDS = { ...CREDS_KEY, value: 'c' }

function openStore(directory: string, prefix: string): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory, prefix })
  onTestFinished(() => store.close())
  return store
}

async function take({ lock }: FileSystemSessionStore, sessionId: string): Promise<SessionLease> {
  const lease = await lock.acquire(sessionId)
  if (lease === null) throw new Error('it is held')
  return lease
}

/** How a version that goes by the id alone looks at a lock, and takes it. */
async function olderVersion(
  directory: string,
  sessionId: string,
): Promise<{ tokens: TokenFiles; owner: () => Promise<string | null>; take: () => Promise<number> }> {
  const hidden = join(directory, '.baileys-sessions')
  const { tokens } = lockPlaceOf(join(hidden, 'locks'), sessionId)
  const self = await describeHolder('older', '0123456789abcdef')
  const table = new FileLockTable({ folder: hidden, placeOf: async () => ({ tokens, olderTokens: null }), heartbeats: null })
  // It knows nothing of guards.
  const look = async (): Promise<{ token: number; text: string | null }> => {
    const { token, isHeld } = await tokens.newest()
    return { token, text: isHeld ? ((await tokens.read(token))?.text ?? null) : null }
  }
  const lock = new LeaseLock({ table, describe: async () => self })
  return {
    tokens,
    owner: async () => {
      const { token, text } = await look()
      return lock.ownerOf({ token, holders: text === null ? [] : [{ text, lastSignAt: Date.now() }] })
    },
    take: async () => {
      const { token } = await look()
      expect(await tokens.claim(token + 1, () => Promise.resolve(JSON.stringify(self)))).toBe(true)
      return token + 1
    },
  }
}

describe('invariant 1: a folder has one lock, whatever leads to it', () => {
  it.each([
    ['session-', 'eu-1', 'session-eu-', '1'],
    ['session-', 'x', '', 'session-x'],
    ['', 'eu-1', 'eu-', '1'],
    ['session-', '.x', '', 'session-%2Ex'],
  ])('prefix "%s" with id "%s", and prefix "%s" with id "%s"', async (prefix, id, otherPrefix, otherId) => {
    const directory = temporaryFolder()
    const [store, other] = [openStore(directory, prefix), openStore(directory, otherPrefix)]
    await store.write(id, [CREDS])
    expect(await other.read(otherId, [CREDS_KEY])).toEqual([CREDS])
    for (const [[holder, held], [guest, same]] of [
      [
        [store, id],
        [other, otherId],
      ],
      [
        [other, otherId],
        [store, id],
      ],
    ] as const) {
      const lease = await take(holder, held)
      expect(await guest.lock.acquire(same)).toBeNull()
      expect(await guest.lock.owner(same)).toBe(lease.owner)
      await expect(guest.write(same, [CREDS])).rejects.toMatchObject({ code: 'STALE_WRITER' })
      await expect(guest.delete(same)).rejects.toMatchObject({ code: 'STALE_WRITER' })
      await lease.release()
      const next = await take(guest, same)
      expect(next.fencingToken).toBeGreaterThan(lease.fencingToken)
      await next.release()
    }
  })

  it('also before it is there, and under both spellings that its name can have', async () => {
    const directory = temporaryFolder()
    const [store, other] = [openStore(directory, 'session-'), openStore(directory, '')]
    const lease = await take(store, 'josé')
    mkdirSync(join(directory, 'session-josé'))
    expect(await other.lock.acquire('session-josé')).toBeNull()
    await lease.release()
    const again = await take(store, 'josé')
    await store.delete('josé', { fencingToken: again.fencingToken })
    await store.write('josé', [CREDS], { fencingToken: again.fencingToken })
    expect(await other.lock.acquire('session-josé')).toBeNull()
  })

  it('and sessions of one id in different folders are held at once', async () => {
    const directory = temporaryFolder()
    const stores = ['session-', 'a-', 'b-', ''].map((prefix) => openStore(directory, prefix))
    for (const order of [stores, [...stores].reverse()]) {
      const leases: SessionLease[] = []
      for (const store of order) leases.push(await take(store, 'x'))
      for (const [index, store] of order.entries()) {
        await store.write('x', [CREDS], { fencingToken: leases[index]?.fencingToken ?? 0 })
        expect(await store.lock.owner('x')).toBe(leases[index]?.owner)
      }
      for (const lease of leases) await lease.release()
      expect(await Promise.all(order.map((store) => store.lock.owner('x')))).toEqual([null, null, null, null])
    }
  })
})

describe('invariant 1: an older version that goes by the id', () => {
  it.each(['session-', 'eu-', ''])('keeps the lock that it has, under prefix "%s"', async (prefix) => {
    const directory = temporaryFolder()
    const store = openStore(directory, prefix)
    await (await take(store, 'x')).release()
    const older = await olderVersion(directory, 'x')
    const token = await older.take()
    expect(await store.lock.acquire('x')).toBeNull()
    expect(await store.lock.owner('x')).toBe('older')
    await expect(store.write('x', [CREDS])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await older.tokens.release(token)
    const lease = await take(store, 'x')
    expect(lease.fencingToken).toBeGreaterThan(token)
  })

  it.each(['session-', 'eu-', ''])('sees the lock that this one has, under prefix "%s"', async (prefix) => {
    const directory = temporaryFolder()
    const store = openStore(directory, prefix)
    const older = await olderVersion(directory, 'x')
    const lease = await take(store, 'x')
    expect(await older.owner()).toBe(lease.owner)
    await lease.release()
    expect(await older.owner()).toBeNull()
    await older.take()
    expect(await store.lock.acquire('x')).toBeNull()
  })

  it('goes on seeing a lock when others with the same id come and go', async () => {
    const directory = temporaryFolder()
    const [usual, eu] = [openStore(directory, 'session-'), openStore(directory, 'eu-')]
    const older = await olderVersion(directory, 'x')
    const guarded = await take(eu, 'x')
    const lease = await take(usual, 'x')
    await guarded.release()
    expect(await older.owner()).toBe(lease.owner)
    expect(lease.lost.aborted).toBe(false)
    await usual.write('x', [CREDS], { fencingToken: lease.fencingToken })
  })
})
