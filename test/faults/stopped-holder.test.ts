// @module-tag full
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FaultRig } from './support/fault-rig.js'
import { FAULT_STORES, openStore } from './support/fault-stores.js'
import { RigProcess } from './support/rig-process.js'
import { link } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 20 }
/** Many looks at the lock, one every 100 ms. */
const STOPPED_MS = 1500

describe.skipIf(process.platform === 'win32').each(FAULT_STORES)('a process that is stopped (SIGSTOP) while it runs a session of the store "%s"', (kind) => {
  it('invariant 1: keeps it on the same host, and nothing is lost when it wakes', async () => {
    const directory = temporaryFolder()
    await link(kind, directory, 'shop')
    const holder = await RigProcess.start(kind, directory)
    expect(await holder.call('restore', 'shop')).toBe('restored')
    expect(await holder.call('write', 'shop', 'before')).toBe('stored')
    const rig = new FaultRig(await openStore(kind, directory))
    onTestFinished(() => rig.close())
    holder.script.signal('SIGSTOP')
    expect(await rig.restore('shop')).toBe('skipped owned_elsewhere')
    await pause(STOPPED_MS)
    expect([await rig.status('shop'), rig.dials()]).toEqual([expect.stringMatching(/owned_elsewhere|connected/u), 0])
    const writing = holder.call('write', 'shop', 'awake')
    holder.script.signal('SIGCONT')
    expect(await writing).toBe('stored')
    expect(await holder.call('status', 'shop')).toBe('connected')
    expect([await holder.call('missing', 'shop'), await holder.call('dials'), rig.dials()]).toEqual([[], 1, 0])
    await holder.call('close')
    // Given back: the other one takes over.
    await vi.waitFor(async () => {
      expect(await rig.status('shop')).toBe('connected')
    }, PATIENCE)
    expect(rig.dials()).toBe(1)
  })

  it('invariant 1: loses it when it is killed as it is, and the other one finds all that was acknowledged', { tags: 'full' }, async () => {
    const directory = temporaryFolder()
    await link(kind, directory, 'shop')
    const holder = await RigProcess.start(kind, directory)
    expect(await holder.call('restore', 'shop')).toBe('restored')
    expect(await holder.call('write', 'shop', 'x')).toBe('stored')
    const rig = new FaultRig(await openStore(kind, directory))
    onTestFinished(() => rig.close())
    expect(await rig.restore('shop')).toBe('skipped owned_elsewhere')
    holder.script.signal('SIGSTOP')
    await holder.script.kill('SIGKILL')
    await vi.waitFor(async () => {
      expect(await rig.status('shop')).toBe('connected')
    }, PATIENCE)
    expect([await rig.read('shop', 'x0'), await rig.read('shop', 'x1')]).toEqual(['x'.repeat(32), 'x'.repeat(32)])
    expect(rig.dials()).toBe(1)
  })
})
