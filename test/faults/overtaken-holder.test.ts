// @module-tag full
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../src/adapters/filesystem/filesystem-session-store.js'
import type { FoundPart } from '../crash/protocol.js'
import type { StoreStep } from '../crash/store-steps.js'
import { declareDead } from '../support/dead-holder.js'
import { ScriptProcess } from '../support/script-process.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { allChangesOf, findParts, PARTS, SESSION_ID } from './support/scripted-records.js'

/** Where the holder is stopped. In a write it has appended, or is about to; a fold comes by itself after it. */
const STOPS: readonly (readonly [moment: 'before' | 'after', step: StoreStep, isInWrite: boolean])[] = [
  ['before', 'append', true],
  ['after', 'append', true],
  ['before', 'sync', true],
  ['before', 'fold-text', false],
  ['after', 'fold-text', false],
  ['before', 'names', false],
  ['before', 'fold-file', false],
  ['after', 'fold-file', false],
  ['before', 'fold-removal', false],
  ['after', 'fold-removal', false],
  ['before', 'fold-sync', false],
  ['before', 'cut', false],
  ['after', 'cut', false],
]

/** Longer than an overtaken holder takes for all that it had begun. */
const AFTERMATH_MS = 200

const all = (version: number): FoundPart[] => PARTS.map(() => ({ kind: 'whole', version }))

async function found(store: FileSystemSessionStore): Promise<FoundPart[]> {
  const { creds, batches } = await findParts(store, SESSION_ID)
  return [creds, ...batches]
}

describe.skipIf(process.platform === 'win32')('a holder that is stopped, overtaken, and wakes', () => {
  it.each(STOPS)('invariants 1 and 6: %s "%s" has no write accepted, and none applied later', async (moment, step, isInWrite) => {
    const directory = temporaryFolder()
    const holder = new ScriptProcess('./support/holder-child.ts', import.meta.url, [directory])
    expect([await holder.ask('acquire'), await holder.ask('replace 1'), await holder.ask('write 2')]).toEqual(['done', 'done', 'done'])
    expect(await holder.ask(`stop-at ${step} ${moment}`)).toBe('armed')
    const told = [await holder.ask('write 3'), ...(isInWrite ? [] : [await holder.next()])]
    expect(told).toEqual(isInWrite ? ['stopping'] : ['done', 'stopping'])

    declareDead(join(directory, '.baileys-sessions'), SESSION_ID)
    const store = new FileSystemSessionStore({ directory })
    onTestFinished(() => store.close())
    const lease = await store.lock.acquire(SESSION_ID)
    const { fencingToken = NaN } = lease ?? {}
    // The write that was not acknowledged may count, as a whole.
    const taken = await found(store)
    expect([all(3), ...(isInWrite ? [all(2)] : [])]).toContainEqual(taken)
    await store.write(SESSION_ID, allChangesOf(10), { fencingToken })
    expect(await found(store)).toEqual(all(10))

    holder.signal('SIGCONT')
    // One that had counted before the other came, of which the sync alone was to come, may be told as done: the other has it.
    if (isInWrite) expect(step === 'sync' && isDeepStrictEqual(taken, all(3)) ? ['STALE_WRITER', 'done'] : ['STALE_WRITER']).toContain(await holder.next())
    expect([await holder.ask('write 4'), await holder.ask('replace 5')]).toEqual(['STALE_WRITER', 'STALE_WRITER'])
    await pause(AFTERMATH_MS)
    expect(await found(store)).toEqual(all(10))
    await store.write(SESSION_ID, allChangesOf(11), { fencingToken })
    expect(await holder.ask('close')).toBe('done')
    expect(await found(store)).toEqual(all(11))
    await store.close()

    const reader = new FileSystemSessionStore({ directory })
    onTestFinished(() => reader.close())
    expect(await found(reader)).toEqual(all(11))
    expect(readdirSync(join(directory, `session-${SESSION_ID}`)).filter((name) => /^\.(?:lease|sealed)-/u.test(name))).toEqual([])
  })
})
