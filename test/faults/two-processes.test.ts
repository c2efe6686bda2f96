import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { FAULT_STORES } from './support/fault-stores.js'
import { RigProcess } from './support/rig-process.js'
import { link, recordsOf } from './support/stored-records.js'

const PATIENCE = { timeout: 20_000, interval: 50 }
const SESSIONS = Array.from({ length: 12 }, (_, index) => `shop${index}`)

async function statusesOf(rig: RigProcess): Promise<string[]> {
  const statuses = []
  for (const sessionId of SESSIONS) statuses.push((await rig.call('course', sessionId)).at(-1) ?? 'unknown')
  return statuses
}

describe.each(FAULT_STORES)('two processes that open one store "%s"', (kind) => {
  it('invariant 1: run each session once, whoever comes first; the one that is left runs all, with all that was acknowledged', { tags: 'full' }, async () => {
    const directory = temporaryFolder()
    await link(kind, directory, ...SESSIONS)
    const [first, second] = await Promise.all([RigProcess.start(kind, directory), RigProcess.start(kind, directory)])
    const reports = await Promise.all([first.call('restoreAll'), second.call('restoreAll')])
    expect(reports.map(({ failed }) => failed)).toEqual([0, 0])
    expect(reports.map(({ restored }) => restored).reduce((sum, restored) => sum + restored)).toBe(SESSIONS.length)
    expect(await Promise.all([first.call('dials'), second.call('dials')])).toEqual(reports.map(({ restored }) => restored))
    const holders = (await statusesOf(first)).map((status) => (status === 'connected' ? first : second))
    for (const [index, holder] of holders.entries()) expect(await holder.call('write', SESSIONS[index] ?? '', 'shared', 32, 3)).toBe('stored')
    await first.script.kill('SIGKILL')
    await vi.waitFor(async () => {
      expect(await statusesOf(second)).toEqual(SESSIONS.map(() => 'connected'))
    }, PATIENCE)
    for (const sessionId of SESSIONS)
      expect(Object.keys(await recordsOf(kind, directory, sessionId))).toEqual(
        expect.arrayContaining(['session/shared0', 'session/shared1', 'session/shared2']),
      )
    expect(await second.call('write', 'shop0', 'after')).toBe('stored')
    await second.call('close')
  })
})
