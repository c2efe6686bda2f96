import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encrypted, FileSystemSessionStore, type SessionStore } from '../../../src/index.js'
import { pairedCreds } from '../../../src/testing/index.js'
import { collect } from '../../support/collect.js'
import { ScriptProcess } from '../../support/script-process.js'
import { seededRandom } from '../../support/seeded-random.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const SESSIONS = Array.from({ length: 12 }, (_, index) => `session ${index}`)
const KEYS = 60

async function textsOf(store: SessionStore, sessionId: string): Promise<string[]> {
  const records = await store.read(sessionId, await collect(store.records(sessionId)))
  return records.map(({ type, id, value }) => `${type} ${id} ${value}`).sort()
}

const openTarget = (directory: string): SessionStore =>
  encrypted(new FileSystemSessionStore({ directory }), { keys: { main: Buffer.alloc(32, 1) }, currentKeyId: 'main' })

describe('a copy that is killed', () => {
  it('leaves each session in the target whole or not at all, and is complete when it is run again', { tags: 'full' }, async () => {
    const random = seededRandom()
    const folder = temporaryFolder()
    const [source, target] = [join(folder, 'source'), join(folder, 'target')]
    const from = new FileSystemSessionStore({ directory: source, durability: 'process' })
    for (const [index, sessionId] of SESSIONS.entries()) {
      const keys = Array.from({ length: KEYS }, (_, id) => ({ type: 'pre-key', id: String(id), value: `key ${id} of ${sessionId}` }))
      await from.write(sessionId, [{ type: 'creds', id: '', value: pairedCreds({ phone: `491510000${index + 10}` }) }, ...keys])
    }
    let acknowledged = 0
    for (let kill = 0; kill < 2; kill++) {
      const child = new ScriptProcess('./copy-child.ts', import.meta.url, [source, target])
      // Somewhere in the first half, then somewhere in the rest; always while there is something left to do.
      const until = acknowledged + 1 + random.below(4)
      for (let done: unknown = 0; done !== until;) done = await child.next()
      acknowledged = until
      await new Promise((resolve) => setTimeout(resolve, random.below(15)))
      await child.kill('SIGKILL')
      const to = openTarget(target)
      const there = await collect(to.list())
      expect(there.length, `seed ${random.seed}`).toBeGreaterThanOrEqual(acknowledged)
      let whole = 0
      for (const sessionId of there) {
        const texts = await textsOf(to, sessionId)
        if (texts.length > 0) expect(texts, `seed ${random.seed}, ${sessionId}`).toEqual(await textsOf(from, sessionId))
        if (texts.length > 0) whole += 1
      }
      expect(whole).toBeGreaterThanOrEqual(acknowledged)
      await to.close()
    }
    const last = new ScriptProcess('./copy-child.ts', import.meta.url, [source, target])
    let report = await last.next()
    while (typeof report === 'number') report = await last.next()
    const { copied, unchanged, failed } = report as { copied: string[]; unchanged: string[]; failed: string[] }
    expect(failed, `seed ${random.seed}`).toEqual([])
    expect([...copied, ...unchanged].sort()).toEqual([...SESSIONS].sort())
    expect(unchanged.length).toBeGreaterThanOrEqual(acknowledged)
    const to = openTarget(target)
    for (const sessionId of SESSIONS) expect(await textsOf(to, sessionId)).toEqual(await textsOf(from, sessionId))
    await Promise.all([from.close(), to.close()])
  })
})
