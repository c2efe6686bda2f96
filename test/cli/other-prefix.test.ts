import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

describe('invariant 1: a session that is run, named with another prefix', () => {
  it.each([
    ['delete', (store: string) => ['delete', store, 'session-a', '--yes']],
    ['encrypt', (store: string, folder: string) => ['encrypt', store, '--key-file', join(folder, 'keys.json')]],
    ['copy', (store: string, folder: string) => ['copy', store, `fs:${folder}/to`]],
    ['doctor', (store: string) => ['doctor', store, '--repair']],
  ])('is not touched by %s', async (_, command) => {
    const folder = temporaryFolder()
    const directory = join(folder, 'sessions')
    const store = fileStore(directory)
    await storePaired(store, 'a')
    const lease = await store.lock.acquire('a')
    // Something for the doctor to mend.
    truncateSync(join(directory, 'session-a', 'creds.json'))
    await runCommand(['new-key', join(folder, 'keys.json')])
    const before = snapshot(join(directory, 'session-a'))
    const { code, output, errors } = await runCommand(command(`fs:${directory}?prefix=`, folder))
    expect([code, output + errors]).toEqual([1, expect.stringContaining(lease?.owner ?? 'nobody')])
    expect(snapshot(join(directory, 'session-a'))).toEqual(before)
  })
})
