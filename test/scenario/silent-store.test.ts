import { describe, expect, it } from 'vitest'
import { never } from '../support/deferred.js'
import { inFakeTime, pass, scenario, within, type Scenario } from '../support/scenario.js'
import { seededRandom } from '../support/seeded-random.js'

inFakeTime()

const STORE_TIMEOUT_MS = 15_000

/** Writes a key through the newest socket of a session: whether it was acknowledged. */
async function write(made: Scenario, sessionId: string, id: string, value: string): Promise<boolean> {
  const socket = made.sessions.getSocket(sessionId)
  if (socket === undefined) return false
  try {
    await socket.authState.keys.set({ 'lid-mapping': { [id]: value } })
    return true
  } catch {
    return false
  }
}

describe('a store call that never returns', () => {
  it('invariant 7: of one record holds up no other record of the session, and no other session, also before its deadline', async () => {
    const made = scenario()
    await made.store.seed('s')
    await made.store.seed('other', { phone: '49151000002' })
    await made.store.inner.write('s', [{ type: 'lid-mapping', id: 'a', value: '"b"' }])
    await within(Promise.all([made.sessions.restoreSession('s'), made.sessions.restoreSession('other')]))
    made.store.before = ({ verb, keys }) => (verb === 'read' && keys.some(({ id }) => id === 'silent') ? never() : undefined)
    const keys = made.sessions.getSocket('s')?.authState.keys
    const hanging = Promise.resolve(keys?.get('lid-mapping', ['silent'])).catch((error: unknown) => error)
    const startedAt = Date.now()
    expect(await within(Promise.resolve(keys?.get('lid-mapping', ['a'])))).toEqual({ a: 'b' })
    expect(await within(write(made, 's', 'c', 'd'))).toBe(true)
    expect(await within(write(made, 'other', 'e', 'f'))).toBe(true)
    expect(Date.now() - startedAt).toBe(0)
    expect(await within(hanging)).toMatchObject({ code: 'STORE_TIMEOUT' })
    expect(Date.now() - startedAt).toBe(STORE_TIMEOUT_MS)
    await pass(60_000)
    expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
    // One for each, and one in the place of the one that got no answer.
    expect(made.baileys.sockets).toHaveLength(3)
    expect([await made.store.text('s', 'lid-mapping', 'c'), await made.store.text('other', 'lid-mapping', 'e')]).toEqual(['"d"', '"f"'])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'invariants 6, 7: acknowledges nothing that is not stored, whatever hangs, fails or lands late (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const made = scenario()
      await made.store.seed('s')
      await within(made.sessions.restoreSession('s'))
      const landings: (() => void)[] = []
      made.store.before = ({ verb }) => {
        if (verb !== 'write' && verb !== 'read') return
        const choice = random.below(10)
        if (choice === 0) throw new Error('EIO')
        // It hangs, and is carried out much later, or never.
        if (choice === 1)
          return new Promise((resolve) => {
            landings.push(resolve)
          })
        return choice < 5
          ? new Promise((resolve) => {
              setTimeout(resolve, random.below(2000))
            })
          : undefined
      }
      const acknowledged = new Map<string, string>()
      const writes: Promise<void>[] = []
      for (let step = 0; step < 60; step += 1) {
        const [id, value] = [String(random.below(8)), String(step)]
        writes.push(
          write(made, 's', id, value).then((isDone) => {
            if (isDone) acknowledged.set(id, value)
          }),
        )
        await pass(random.below(3000))
        if (random.below(5) === 0) landings.shift()?.()
      }
      made.store.before = () => undefined
      await pass(STORE_TIMEOUT_MS + 120_000)
      await within(Promise.all(writes))
      expect(await within(made.sessions.getStatus('s'))).toMatchObject({ status: 'connected' })
      expect(acknowledged.size).toBeGreaterThan(0)
      for (const landing of landings) landing()
      await pass(1000)
      for (const [id, value] of acknowledged)
        expect(Number(JSON.parse((await made.store.text('s', 'lid-mapping', id)) ?? '"-1"')), `record ${id}`).toBeGreaterThanOrEqual(Number(value))
    },
  )
})
