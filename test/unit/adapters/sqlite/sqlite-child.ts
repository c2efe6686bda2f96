import { createInterface } from 'node:readline'
import { SqliteConnectionRepository } from '../../../../src/adapters/sqlite/sqlite-connection-repository.js'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { SqliteSessionStore } from '../../../../src/adapters/sqlite/sqlite-session-store.js'
import { isSessionError } from '../../../../src/errors.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY, type RecordChange } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { sqliteDriver } from '../../../support/sqlite-drivers.js'

// Does what it is told, line by line, and prints what came of it.

const [file = '', driverName, staleAfterMs = '60000'] = process.argv.slice(2)
const plain = sqliteDriver(driverName).open(file)
let diesBefore: string | null = null
const database: SqliteDatabase = {
  exec: (sql) => {
    if (sql === diesBefore) process.kill(process.pid, 'SIGKILL')
    return plain.exec(sql)
  },
  prepare: (sql) => plain.prepare(sql),
  close: () => plain.close(),
}
const store = new SqliteSessionStore({ database, staleAfterMs: Number(staleAfterMs) })
const repository = new SqliteConnectionRepository({ database })
const leases = new Map<string, SessionLease>()

async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await call()) ?? 'done'
  } catch (error) {
    return isSessionError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}

function batch(round: number): RecordChange[] {
  return [
    { ...CREDS_KEY, value: `round ${round}` },
    ...Array.from({ length: 200 }, (_, index) => ({ type: 'pre-key', id: String(index), value: `round ${round}` })),
  ]
}

async function acquire(sessionId = 'a'): Promise<unknown> {
  const lease = await store.lock.acquire(sessionId)
  if (lease !== null) leases.set(sessionId, lease)
  return lease === null ? 'held' : lease.fencingToken
}

/** Creds and keys of a new round each time, until somebody ends it; prints each round that was acknowledged. */
async function saveForEver(): Promise<never> {
  const fencingToken = leases.get('a')?.fencingToken ?? NaN
  for (let round = 0; ; round++) {
    await store.write('a', batch(round), { fencingToken })
    process.stdout.write(`${round}\n`)
  }
}

/** Sessions and fields of its own, many times. */
async function work(name = ''): Promise<unknown> {
  const { fencingToken } = leases.get(name) ?? { fencingToken: NaN }
  await Promise.all(
    Array.from({ length: 60 }, async (_, round) => {
      await store.write(
        name,
        [
          { ...CREDS_KEY, value: `${name} ${round}` },
          { type: 'key', id: String(round), value: name },
        ],
        { fencingToken },
      )
      await repository.save('shared', { metadata: { by: name }, ...(name === 'first' ? { owner: name } : { phoneNumber: name }) })
    }),
  )
  return 'worked'
}

const commands: Record<string, (argument?: string) => Promise<unknown>> = {
  acquire,
  announce: async () => {
    await store.lock.cluster?.announce('here')
    await store.lock.cluster?.note('a', leases.get('a')?.fencingToken ?? NaN, 'noted')
    return 'announced'
  },
  work,
  save: saveForEver,
  write: (value = '') => store.write('a', [{ ...CREDS_KEY, value }], { fencingToken: leases.get('a')?.fencingToken ?? 0 }),
  die: (moment = '') => {
    diesBefore = moment
    return store.write('a', batch(1), { fencingToken: leases.get('a')?.fencingToken ?? NaN })
  },
  lost: async () => leases.get('a')?.lost.aborted ?? null,
  lock: async () => {
    plain.exec('BEGIN IMMEDIATE')
  },
  list: () => collect(store.list()),
  read: () => store.read('a', [CREDS_KEY]),
  anyWrite: () => store.write('other', [{ ...CREDS_KEY, value: 'new' }]),
  release: async () => leases.get('a')?.release(),
}

const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`)

print('ready')
for await (const line of createInterface(process.stdin)) {
  const [command = '', argument] = line.split(' ')
  print(await outcome(async () => commands[command]?.(argument)))
}
await store.close()
database.close()
