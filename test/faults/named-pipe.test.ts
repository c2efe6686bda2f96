import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { RigProcess } from './support/rig-process.js'
import { link } from './support/stored-records.js'

// Nobody writes to it: whoever opened it to read would wait for ever, and hold a thread of the pool.
describe.skipIf(process.platform === 'win32')('a named pipe in the place of a record', () => {
  it('invariant 7: is refused at once; other records and sessions go on, with no new socket, and nothing acknowledged is missing', async () => {
    const directory = temporaryFolder()
    await link('fs', directory, 'shop', 'other')
    const rig = await RigProcess.start('fs', directory)
    expect(await rig.call('restore', 'shop')).toBe('restored')
    expect(await rig.call('restore', 'other')).toBe('restored')
    const path = join(directory, 'session-shop', 'session-silent.json')
    execFileSync('mkfifo', [path])
    // More of them than the pool has threads.
    for (let index = 0; index < 8; index++) expect(await rig.call('read', 'shop', 'silent')).toBe('RECORD_CORRUPT')
    expect(await rig.call('write', 'other', 'meanwhile')).toBe('stored')
    expect(await rig.call('read', 'shop', 'first')).toBe('first')
    expect(await rig.call('write', 'shop', 'after')).toBe('stored')
    rmSync(path)
    expect(await rig.call('status', 'shop')).toBe('connected')
    expect([await rig.call('dials'), await rig.call('missing', 'shop'), await rig.call('missing', 'other')]).toEqual([2, [], []])
  })
})
