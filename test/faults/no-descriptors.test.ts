import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FAULT_STORES } from './support/fault-stores.js'
import { RigProcess } from './support/rig-process.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }

describe.each(FAULT_STORES)('a process without descriptors, with the store "%s"', { tags: 'full' }, (kind) => {
  it('invariant 7: takes no record for missing and makes no identity; the session is back by itself when there are some', async () => {
    const directory = temporaryFolder()
    await link(kind, directory, 'shop', 'other')
    const rig = await RigProcess.start(kind, directory, { openFiles: 80 })
    expect(await rig.call('restore', 'shop')).toBe('restored')
    expect(await rig.call('write', 'shop', 'before')).toBe('stored')
    const before = await recordsOf(kind, directory, 'shop')
    expect(await rig.descriptors('takeDescriptors')).toBeGreaterThan(0)
    // A store that has its file open already may well go on; the others must not take "cannot look" for "is not there".
    expect(['STORE_UNAVAILABLE', 'first']).toContain(await rig.call('read', 'shop', 'first'))
    expect(['retrying storage_unavailable', 'restored']).toContain(await rig.call('restore', 'other'))
    expect(await recordsOf(kind, directory, 'shop')).toEqual(before)
    await rig.descriptors('giveDescriptorsBack')
    for (const sessionId of ['shop', 'other']) {
      await vi.waitFor(async () => {
        expect(await rig.call('status', sessionId)).toBe('connected')
      }, PATIENCE)
    }
    expect(await rig.call('read', 'shop', 'first')).toBe('first')
    expect(await rig.call('write', 'shop', 'after', 32, 100)).toBe('stored')
    expect(await rig.call('missing', 'shop')).toEqual([])
    await rig.call('close')
  })
})
