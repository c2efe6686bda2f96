import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FaultRig } from './support/fault-rig.js'
import { FAULT_STORES, openStore } from './support/fault-stores.js'
import { RigProcess } from './support/rig-process.js'
import { canMount, SmallDisk } from './support/small-disk.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }
/** More than the file size that is allowed below. */
const HUGE_BYTES = 400_000

describe.runIf(canMount()).each(FAULT_STORES)('a disk that is full, under the store "%s"', (kind) => {
  it('invariant 7: is told, nothing stored changes, the others stay connected, and the session is back by itself when there is room', async () => {
    using disk = new SmallDisk()
    await link(kind, disk.path, 'shop', 'other')
    const rig = new FaultRig(await openStore(kind, disk.path))
    onTestFinished(() => rig.close())
    expect(await rig.restore('shop')).toBe('restored')
    expect(await rig.restore('other')).toBe('restored')
    expect(await rig.write('shop', 'before')).toBe('stored')
    const before = await recordsOf(kind, disk.path, 'shop')
    disk.fill()
    expect(await rig.write('shop', 'during', 20_000)).toBe('STORE_UNAVAILABLE')
    await vi.waitFor(() => {
      expect(rig.course('shop')).toContain('reconnecting storage_unavailable')
    }, PATIENCE)
    expect(rig.errors().join('\n')).toMatch(/disk is full|ENOSPC|SQLITE_FULL/iu)
    expect(await rig.status('other')).toBe('connected')
    expect(await recordsOf(kind, disk.path, 'shop')).toEqual(before)
    disk.empty()
    await vi.waitFor(async () => {
      expect(await rig.status('shop')).toBe('connected')
    }, PATIENCE)
    expect(await rig.write('shop', 'after', 20_000)).toBe('stored')
    expect(await rig.missing('shop')).toEqual([])
    expect(await recordsOf(kind, disk.path, 'shop')).toMatchObject(before)
  })
})

describe.each(FAULT_STORES)('a file that may not grow (ulimit -f), under the store "%s"', { tags: 'full' }, (kind) => {
  it('invariant 7: is told, nothing stored changes, the others go on, and the session is back by itself', async () => {
    const directory = temporaryFolder()
    await link(kind, directory, 'shop', 'other')
    const rig = await RigProcess.start(kind, directory, { fileBlocks: 512 })
    expect(await rig.call('restore', 'shop')).toBe('restored')
    expect(await rig.call('restore', 'other')).toBe('restored')
    expect(await rig.call('write', 'shop', 'before')).toBe('stored')
    const before = await recordsOf(kind, directory, 'shop')
    expect(await rig.call('write', 'shop', 'during', HUGE_BYTES)).toBe('STORE_UNAVAILABLE')
    await vi.waitFor(async () => {
      expect(await rig.call('course', 'shop')).toContain('reconnecting storage_unavailable')
    }, PATIENCE)
    expect(await recordsOf(kind, directory, 'shop')).toEqual(before)
    expect(await rig.call('status', 'other')).toBe('connected')
    expect(await rig.call('write', 'other', 'meanwhile')).toBe('stored')
    await vi.waitFor(async () => {
      expect(await rig.call('status', 'shop')).toBe('connected')
    }, PATIENCE)
    expect(await rig.call('write', 'shop', 'after')).toBe('stored')
    expect([await rig.call('missing', 'shop'), await rig.call('missing', 'other')]).toEqual([[], []])
    await rig.call('close')
  })
})
