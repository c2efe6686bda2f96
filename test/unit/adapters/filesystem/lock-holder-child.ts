import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { isSessionError } from '../../../../src/errors.js'
import type { SessionLease } from '../../../../src/lease/session-lock.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'

// Does what it is told, line by line, and prints what came of it.

const directory = process.argv[2] ?? ''
const store = new FileSystemSessionStore({ directory })
let lease: SessionLease | null = null

async function acquire(): Promise<unknown> {
  lease = await store.lock.acquire('a')
  return lease === null ? null : { token: lease.fencingToken, owner: lease.owner }
}

async function write(): Promise<unknown> {
  try {
    await store.write('a', [{ ...CREDS_KEY, value: `by ${process.pid}` }], { fencingToken: lease?.fencingToken ?? 0 })
    return 'written'
  } catch (error) {
    return isSessionError(error) ? error.code : String(error)
  }
}

/** Takes and returns the lock again and again; a file that only one at a time can make shows that it is alone. */
async function contend(): Promise<unknown> {
  const tokens: number[] = []
  let violations = 0
  const inside = join(directory, 'inside')
  while (tokens.length < 60) {
    const held = await store.lock.acquire('a')
    if (held === null) continue
    tokens.push(held.fencingToken)
    try {
      writeFileSync(inside, '', { flag: 'wx' })
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2))
      rmSync(inside)
    } catch {
      violations += 1
    }
    await held.release()
  }
  return { tokens, violations }
}

const commands: Record<string, () => Promise<unknown>> = {
  acquire,
  write,
  contend,
  announce: async () => {
    await store.lock.cluster?.announce('here')
    await store.lock.cluster?.note('a', lease?.fencingToken ?? NaN, 'noted')
    return 'announced'
  },
  release: async () => {
    await lease?.release()
    return 'released'
  },
  lost: async () => lease?.lost.aborted ?? null,
  close: async () => {
    await store.close()
    return 'closed'
  },
}

const print = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`)

print('ready')
for await (const line of createInterface(process.stdin)) print((await commands[line]?.()) ?? null)
