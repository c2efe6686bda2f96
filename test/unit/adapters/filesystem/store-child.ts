import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { install } from '@sinonjs/fake-timers'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { isSessionError } from '../../../../src/errors.js'
import { CREDS_KEY, type SessionStore } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'

// Uses a store as another user, or with few descriptors, and prints one line about what came of it.

const [task = '', directory = ''] = process.argv.slice(2)

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isSessionError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}

/** Every verb of a store, one after the other. */
async function everyVerb(store: SessionStore): Promise<Record<string, string>> {
  return {
    read: await outcome(store.read('a', [CREDS_KEY])),
    list: await outcome(collect(store.list())),
    records: await outcome(collect(store.records('a'))),
    acquire: await outcome(store.lock.acquire('a')),
    write: await outcome(store.write('a', [{ ...CREDS_KEY, value: 'new' }])),
    delete: await outcome(store.delete('a')),
    other: await outcome(store.write('other', [{ ...CREDS_KEY, value: 'new' }])),
    acquireOther: await outcome(store.lock.acquire('other')),
  }
}

/** Five sessions that write and read many pre-keys at the same time. */
async function manyKeys(store: SessionStore): Promise<string[]> {
  const keys = Array.from({ length: 812 }, (_, index) => ({ type: 'pre-key', id: String(index) }))
  return Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map(async (sessionId) => {
      const written = await outcome(
        store.write(
          sessionId,
          keys.map((key) => ({ ...key, value: `key of ${sessionId}` })),
        ),
      )
      const read = await store.read(sessionId, keys)
      return `${written}, ${read.filter(({ value }) => value === `key of ${sessionId}`).length} read`
    }),
  )
}

/** Creds of about the real size, each time of another letter, until somebody ends it. */
async function saveForEver(store: SessionStore): Promise<never> {
  for (let round = 0; ; round++) {
    const value = JSON.stringify({ round, text: String.fromCharCode(97 + (round % 26)).repeat(40_000) })
    await store.write('a', [{ ...CREDS_KEY, value }])
    process.stdout.write(`${round}\n`)
  }
}

/** The modes of everything that a store makes, also of what is not in the files yet. */
async function modesOf(folder: string): Promise<string[]> {
  process.umask(0)
  // Nothing is folded by itself meanwhile.
  install({ toFake: ['setTimeout', 'clearTimeout'] })
  const modes = new FileSystemSessionStore({ directory: folder })
  const lease = await modes.lock.acquire('other')
  if (lease === null) throw new Error('The lock is held.')
  await modes.write('a', [{ ...CREDS_KEY, value: '{}' }])
  await modes.write('a', [
    { type: 'pre-key', id: '1', value: 'k' },
    { type: 'zz', id: '-a', value: 'named by the table' },
    { type: 'pre-key', id: '2', value: 'k' },
  ])
  await modes.write('other', [{ type: 'pre-key', id: '1', value: 'k' }], lease)
  const found = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].map(
    (name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`,
  )
  await modes.close()
  return found
}

const store = new FileSystemSessionStore({ directory })
if (task === 'save') await saveForEver(store)
const result = task === 'verbs' ? await everyVerb(store) : task === 'modes' ? await modesOf(directory) : await manyKeys(store)
await store.close()
process.stdout.write(`${JSON.stringify(result)}\n`)
