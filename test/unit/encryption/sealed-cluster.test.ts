import { describe, expect, it } from 'vitest'
import { encrypted, type EncryptionOptions, type LockCluster, MemorySessionStore, type SessionLock, type SessionStore } from '../../../src/index.js'

const WITH_K1: EncryptionOptions = { keys: { k1: Buffer.alloc(32, 1) }, currentKeyId: 'k1' }
const NOTE = '{"phoneNumber":"4915100000000"}'

function clusterOf({ lock }: { lock: SessionLock }): LockCluster {
  if (lock.cluster === undefined) throw new Error('The lock has no cluster.')
  return lock.cluster
}

/** A store in which a session is held, with a note beside its lock. */
async function noted(options: EncryptionOptions = WITH_K1): Promise<{ inner: MemorySessionStore; store: SessionStore; token: number }> {
  const inner = new MemorySessionStore()
  const store = encrypted(inner, options)
  const lease = await store.lock.acquire('a')
  const token = lease?.fencingToken ?? NaN
  await clusterOf(store).note('a', token, NOTE)
  return { inner, store, token }
}

async function textsOf(store: SessionStore, sessionId = 'a'): Promise<unknown[]> {
  const { locks } = await clusterOf(store).follow().next()
  return [(await clusterOf(store).holding(sessionId))?.text, locks.find((lock) => lock.sessionId === sessionId)?.text]
}

describe('a note beside the lock of an encrypted store', () => {
  it('is sealed below, and shown to who has the key', async () => {
    const { inner, store } = await noted()
    for (const text of await textsOf(inner)) {
      expect(text).toMatch(/^\{"encrypted":1,"keyId":"k1"/u)
      expect(text).not.toContain('4915100000000')
    }
    expect(await textsOf(store)).toEqual([NOTE, NOTE])
  })

  it.each<[string, EncryptionOptions]>([
    ['the key is not given', { keys: { k2: Buffer.alloc(32, 1) }, currentKeyId: 'k2' }],
    ['another key is given under its id', { keys: { k1: Buffer.alloc(32, 2) }, currentKeyId: 'k1' }],
  ])('is shown as none when %s', async (_, options) => {
    const { inner } = await noted()
    expect(await textsOf(encrypted(inner, options))).toEqual([null, null])
  })

  it('is shown as none when it is plain, or that of another session', async () => {
    const { inner, store, token } = await noted()
    const sealed = (await clusterOf(inner).holding('a'))?.text ?? ''
    await clusterOf(inner).note('a', token, NOTE)
    expect(await textsOf(store)).toEqual([null, null])
    const other = await inner.lock.acquire('b')
    await clusterOf(inner).note('b', other?.fencingToken ?? NaN, sealed)
    expect(await textsOf(store, 'b')).toEqual([null, null])
  })

  it('is no record, wherever it is put', async () => {
    const { inner, store } = await noted()
    const value = (await clusterOf(inner).holding('a'))?.text ?? ''
    await (await inner.lock.acquire('b'))?.release()
    await inner.write('b', [{ type: 'lifecycle', id: '', value }])
    await expect(store.read('b', [{ type: 'lifecycle', id: '' }])).rejects.toMatchObject({ code: 'RECORD_CORRUPT' })
  })

  it('counts in the order of the calls, also while the key is being derived', async () => {
    const store = encrypted(new MemorySessionStore(), {
      keys: { p: { passphrase: 'correct horse battery', salt: 'salt of sixteen bytes' } },
      currentKeyId: 'p',
    })
    const token = (await store.lock.acquire('a'))?.fencingToken ?? NaN
    await Promise.all(['one', 'two', 'three'].map((text) => clusterOf(store).note('a', token, text)))
    expect(await textsOf(store)).toEqual(['three', 'three'])
  })
})

describe('the lock of an encrypted store', () => {
  it('is that of the store inside when nobody can note anything there', () => {
    const inner = new MemorySessionStore()
    const { lock } = inner
    const plain: SessionLock = { acquire: (sessionId) => lock.acquire(sessionId), owner: (sessionId) => lock.owner(sessionId) }
    Object.assign(inner, { lock: plain })
    expect(encrypted(inner, WITH_K1).lock).toBe(plain)
  })

  it('hands on who waits for a lock, and what a member announces', async () => {
    const inner = new MemorySessionStore()
    const waits: string[] = []
    Object.assign(inner.lock, { whenFree: (sessionId: string) => () => void waits.push(sessionId) })
    const { lock } = encrypted(inner, WITH_K1)
    lock.whenFree?.('a', () => undefined)()
    expect(waits).toEqual(['a'])
    await clusterOf({ lock }).announce('here')
    expect(await clusterOf(inner).follow().next()).toMatchObject({ processes: [{ text: 'here' }] })
  })
})
