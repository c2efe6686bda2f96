import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { RigProcess } from './support/rig-process.js'
import { link } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }
const STORE_TIMEOUT_MS = 500

// A named pipe that nobody writes to: what opens it waits for ever, as with a network disk that is gone.
describe.skipIf(process.platform === 'win32')('a file whose read never returns', () => {
  it('invariant 7: passes its deadline; other records and sessions go on, one new socket, and nothing acknowledged is missing', async () => {
    const directory = temporaryFolder()
    await link('fs', directory, 'shop', 'other')
    const rig = await RigProcess.start('fs', directory, {}, { storeTimeoutMs: STORE_TIMEOUT_MS })
    expect(await rig.call('restore', 'shop')).toBe('restored')
    expect(await rig.call('restore', 'other')).toBe('restored')
    const path = join(directory, 'session-shop', 'session-silent.json')
    execFileSync('mkfifo', [path])
    expect(await rig.call('read', 'shop', 'silent')).toBe('STORE_TIMEOUT')
    rmSync(path)
    expect(await rig.call('write', 'other', 'meanwhile')).toBe('stored')
    await vi.waitFor(async () => { expect(await rig.call('status', 'shop')).toBe('connected') }, PATIENCE)
    expect(await rig.call('course', 'shop')).toContain('reconnecting storage_unavailable')
    expect(await rig.call('read', 'shop', 'first')).toBe('first')
    expect(await rig.call('write', 'shop', 'after')).toBe('stored')
    expect([await rig.call('dials'), await rig.call('missing', 'shop'), await rig.call('missing', 'other')]).toEqual([3, [], []])
  })
})
