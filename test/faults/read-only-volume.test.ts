import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FaultRig } from './support/fault-rig.js'
import { openStore } from './support/fault-stores.js'
import { canMount, SmallDisk } from './support/small-disk.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }

// Elsewhere `no-permission.test.ts` takes the right to write away. A database holds its file open, which forbids to mount its disk read-only.
describe.runIf(canMount())('a volume that turns read-only after the pairing', () => {
  it('invariant 7: is told, nothing stored changes, and every session that has to write is back by itself when it can be written', async () => {
    using disk = new SmallDisk()
    await link('fs', disk.path, 'shop', 'other')
    const rig = new FaultRig(await openStore('fs', disk.path))
    onTestFinished(() => rig.close())
    expect(await rig.restore('shop')).toBe('restored')
    expect(await rig.restore('other')).toBe('restored')
    const before = await recordsOf('fs', disk.path, 'shop')
    // No journal is open any more once the files are up to date.
    await vi.waitFor(() => {
      disk.remount('ro')
    }, PATIENCE)
    expect(await rig.write('shop', 'during')).toBe('STORE_UNAVAILABLE')
    await vi.waitFor(() => {
      expect(rig.course('shop')).toContain('reconnecting storage_unavailable')
    }, PATIENCE)
    expect(rig.errors().join('\n')).toMatch(/read-only: mount it writable/u)
    expect(await rig.status('other')).toBe('connected')
    expect(await recordsOf('fs', disk.path, 'shop')).toEqual(before)
    disk.remount('rw')
    await vi.waitFor(async () => {
      expect(await rig.status('shop')).toBe('connected')
    }, PATIENCE)
    expect(await rig.write('shop', 'after')).toBe('stored')
    expect(await rig.missing('shop')).toEqual([])
  })
})
