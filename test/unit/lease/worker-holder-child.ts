import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { openSqliteDatabase } from '../../../src/adapters/sqlite/open-sqlite-database.js'
import { SqliteSessionStore } from '../../../src/adapters/sqlite/sqlite-session-store.js'
import type { SessionLock } from '../../../src/lease/session-lock.js'

// A process whose worker thread takes a lock and then dies, while the process goes on. Told line by line; prints what came of it.

async function openLock([kind, place]: readonly string[]): Promise<SessionLock> {
  if (kind === 'files') return new FileSystemSessionStore({ directory: place ?? '' }).lock
  return new SqliteSessionStore({ database: await openSqliteDatabase(place ?? '') }).lock
}

async function runWorker(place: readonly string[]): Promise<void> {
  const lease = await (await openLock(place)).acquire('a')
  parentPort?.once('message', () => {
    throw new Error('a bug in the worker')
  })
  parentPort?.postMessage(lease?.fencingToken ?? null)
}

/** What Node's threads need to run TypeScript. */
const LOAD = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}) })`

async function runMain(place: readonly string[]): Promise<void> {
  const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`)
  const worker = new Worker(LOAD, { eval: true, workerData: place })
  worker.on('error', () => undefined)
  const [token] = await once(worker, 'message')
  print(token)
  const lock = await openLock(place)
  const commands: Record<string, () => Promise<unknown>> = {
    acquire: async () => (await lock.acquire('a'))?.fencingToken ?? null,
    crash: async () => {
      // Not by `once`, which would reject with the error that it is to die of.
      const exit = new Promise((resolve) => {
        worker.on('exit', resolve)
      })
      worker.postMessage('crash')
      return exit
    },
  }
  for await (const line of createInterface(process.stdin)) print((await commands[line]?.()) ?? null)
}

const parameters: readonly string[] = isMainThread ? process.argv.slice(2) : workerData
await (isMainThread ? runMain(parameters) : runWorker(parameters))
