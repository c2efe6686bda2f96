import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { isSessionError } from '../../../src/errors.js'
import { type StoreStep, stepOf } from '../../crash/store-steps.js'
import { hurry } from '../../support/hurried-timers.js'
import type { DiskCall } from '../../support/recorded-disk/disk-call.js'
import { watchDisk } from '../../support/recorded-disk/watch-disk.js'
import { allChangesOf, SESSION_ID } from './scripted-records.js'

// Holds the lease of a session, does what it is told line by line, and stops itself at a call to the disk.

/** Longer than a store that is hurried waits before it folds. */
const FOLD_MS = 50

const [directory = ''] = process.argv.slice(2)
hurry()
const store = new FileSystemSessionStore({ directory })
let fencingToken = NaN
let stopAt: StoreStep | null = null
let stopMoment = 'before'

const tell = (line: unknown): void => void writeSync(1, `${JSON.stringify(line)}\n`)

function isDue(moment: string, call: DiskCall): boolean {
  return stopAt !== null && moment === stopMoment && stepOf(call) === stopAt
}

function stop(): void {
  stopAt = null
  tell('stopping')
  // Comes back when somebody wakes this process.
  process.kill(process.pid, 'SIGSTOP')
}

const disk = watchDisk(directory, {
  before: (call) => {
    if (isDue('before', call)) stop()
    return undefined
  },
  after: (call) => {
    if (isDue('after', call)) stop()
  },
})

async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'done'
  } catch (error) {
    return isSessionError(error) ? error.code : String(error)
  }
}

async function acquire(): Promise<void> {
  fencingToken = (await store.lock.acquire(SESSION_ID))?.fencingToken ?? NaN
}

for await (const line of createInterface(process.stdin)) {
  const [task, value, moment] = line.split(' ')
  if (task === 'stop-at') {
    // What was written before is folded before: this process is to stop in what follows.
    await pause(FOLD_MS)
    await disk.quiet()
    // Told by the test, which has them from the same list.
    stopAt = value as StoreStep
    stopMoment = moment ?? 'before'
    tell('armed')
  } else if (task === 'acquire') tell(await outcome(acquire))
  else if (task === 'close') tell(await outcome(() => store.close()))
  else tell(await outcome(() => store.write(SESSION_ID, allChangesOf(Number(value)), { fencingToken, replaceAll: task === 'replace' })))
}
