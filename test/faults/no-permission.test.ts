// @module-tag full
import { chmodSync, chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { RigProcess } from './support/rig-process.js'
import { link, recordsOf } from './support/stored-records.js'

/** Without rights on most systems. Root is refused nothing, so it has to become somebody else. */
const NOBODY = 65_534
const user = process.geteuid?.() === 0 ? { uid: NOBODY } : {}
const PATIENCE = { timeout: 20_000, interval: 20 }

/** A folder with paired sessions that belongs to the user the process runs as. */
async function ownedFolder(...sessionIds: readonly string[]): Promise<string> {
  const directory = temporaryFolder()
  await link('fs', directory, ...sessionIds)
  const { uid } = user
  if (uid === undefined) return directory
  for (const name of ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) chownSync(join(directory, name), uid, uid)
  return directory
}

// Windows knows no modes.
describe.skipIf(process.platform === 'win32')('a folder that may not be used any more', () => {
  it('invariant 7: is told with its mode, nothing stored changes, the others go on, and the session is back by itself when it may', async () => {
    const directory = await ownedFolder('shop', 'other')
    const rig = await RigProcess.start('fs', directory, user)
    expect(await rig.call('restore', 'shop')).toBe('restored')
    expect(await rig.call('restore', 'other')).toBe('restored')
    expect(await rig.call('write', 'shop', 'before')).toBe('stored')
    const before = await recordsOf('fs', directory, 'shop')
    const folder = join(directory, 'session-shop')
    chmodSync(folder, 0o000)
    try {
      expect(await rig.call('write', 'shop', 'during')).toBe('STORE_UNAVAILABLE')
      await vi.waitFor(async () => {
        expect(await rig.call('course', 'shop')).toContain('reconnecting storage_unavailable')
      }, PATIENCE)
      expect((await rig.call('errors')).join('\n')).toMatch(/session-shop.* has mode 0000 and belongs to uid/u)
      expect(await rig.call('write', 'other', 'meanwhile')).toBe('stored')
    } finally {
      chmodSync(folder, 0o700)
    }
    expect(await recordsOf('fs', directory, 'shop')).toEqual(before)
    await vi.waitFor(async () => {
      expect(await rig.call('status', 'shop')).toBe('connected')
    }, PATIENCE)
    expect(await rig.call('write', 'shop', 'after')).toBe('stored')
    expect([await rig.call('missing', 'shop'), await rig.call('missing', 'other')]).toEqual([[], []])
    await rig.call('close')
  })

  it('invariant 2: that may not be read either is no session that is not there: no new identity, and back by itself', { tags: 'full' }, async () => {
    const directory = await ownedFolder('shop')
    const folder = join(directory, 'session-shop')
    const before = await recordsOf('fs', directory, 'shop')
    chmodSync(folder, 0o000)
    const rig = await RigProcess.start('fs', directory, user)
    try {
      expect(await rig.call('restore', 'shop')).toBe('retrying storage_unavailable')
      expect(await rig.call('dials')).toBe(0)
    } finally {
      chmodSync(folder, 0o700)
    }
    expect(await recordsOf('fs', directory, 'shop')).toEqual(before)
    await vi.waitFor(async () => {
      expect(await rig.call('status', 'shop')).toBe('connected')
    }, PATIENCE)
    await rig.call('close')
  })
})
