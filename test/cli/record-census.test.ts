import { expect, it } from 'vitest'
import { countRecords } from '../../src/cli/doctor/record-census.js'
import { CREDS_KEY, MemorySessionStore, type RecordKey } from '../../src/index.js'

/** Never answers when it is asked for one of its records. */
class SilentStore extends MemorySessionStore {
  reads = 0

  override async read(sessionId: string, keys: readonly RecordKey[]): ReturnType<MemorySessionStore['read']> {
    this.reads += 1
    if (keys.some(({ id }) => id === '7')) await new Promise<never>(() => undefined)
    return super.read(sessionId, keys)
  }
}

it('a record that is never read holds a doctor up once, for as long as one call may take', async () => {
  const store = new SilentStore()
  await store.write('a', [{ ...CREDS_KEY, value: '{}' }, ...Array.from({ length: 20 }, (_, index) => ({ type: 'pre-key', id: String(index), value: '{}' }))])
  const count = countRecords({ raw: store, open: store, currentKeyId: null }, 'a', 20)
  await expect(count).rejects.toMatchObject({ code: 'STORE_TIMEOUT', sessionId: 'a' })
  expect(store.reads).toBe(1)
})
