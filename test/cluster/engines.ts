import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BreakableLine } from '../support/breakable-line.js'
import { PgBouncer } from '../support/pgbouncer.js'
import { PostgresServer } from '../support/postgres-server.js'
import { REDIS_PROGRAM, RedisServer } from '../support/redis-server.js'
import type { StoreAddress } from './open-store.js'
import { type Engine, PROOFS, type ProofName } from './proofs.js'

/** The leases on a server: short, so that nobody waits for long. */
export const LEASE_MS = 3000

/** After how long a process that died counts as gone: on one host it is looked up, on a server its lease ends. */
export function goneAfterMs(engine: Engine): number {
  return engine === 'files' || engine === 'sqlite' ? 3000 : LEASE_MS + 1000
}

/** The engines that a proof is shown on, of those that can be had here. */
export function enginesOf(proof: ProofName): Engine[] {
  const missing = [...(REDIS_PROGRAM === null ? ['redis'] : []), ...(PgBouncer.isInstalled ? [] : ['pgbouncer'])]
  return PROOFS[proof].shownOn.filter((engine) => !missing.includes(engine))
}

/** An engine that runs for one test. */
export interface RunningEngine extends AsyncDisposable {
  /** Where its sessions are. */
  readonly address: StoreAddress
  /** Lays a line to its server that can be broken, and tells where the sessions are over that. */
  layLine(): Promise<{ readonly line: BreakableLine; readonly address: StoreAddress }>
  /** Stops its server: it answers nothing. */
  halt(): Promise<void>
  /** Lets the server go on, or starts it again with what it had. */
  goOn(): Promise<void>
}

/** Starts an engine, empty. */
export async function startEngine(engine: Engine, leaseMs: number = LEASE_MS): Promise<RunningEngine> {
  switch (engine) {
    case 'files':
    case 'sqlite':
      return inFolder(engine)
    case 'redis':
      return onRedis(leaseMs)
    case 'postgres':
    case 'pgbouncer':
      return onPostgres(engine, leaseMs)
  }
}

async function inFolder(kind: 'files' | 'sqlite'): Promise<RunningEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'baileys-sessions-cluster-'))
  const noServer = (): Promise<never> => Promise.reject(new Error('There is no server.'))
  return {
    address: kind === 'files' ? { kind, directory: folder } : { kind, file: join(folder, 'sessions.sqlite') },
    layLine: noServer,
    halt: noServer,
    goOn: noServer,
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function onRedis(leaseMs: number): Promise<RunningEngine> {
  const server = await RedisServer.start()
  return {
    ...reachedAt(server.port, (port) => ({ kind: 'redis', port, leaseMs })),
    // It comes back with what it has on its disk.
    halt: () => server.kill(),
    goOn: () => server.restart(),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

async function onPostgres(engine: 'postgres' | 'pgbouncer', leaseMs: number): Promise<RunningEngine> {
  const server = await PostgresServer.start()
  const pooler = engine === 'pgbouncer' ? await PgBouncer.start(server.port) : null
  const port = Number(new URL((pooler ?? server).url).port)
  return {
    ...reachedAt(port, (at) => ({ kind: 'postgres', port: at, leaseMs })),
    // It stands still, and every connection stays as it is.
    halt: async () => server.halt(),
    goOn: async () => server.goOn(),
    [Symbol.asyncDispose]: async () => {
      await pooler?.[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function reachedAt(serverPort: number, addressAt: (port: number) => StoreAddress): Pick<RunningEngine, 'address' | 'layLine'> {
  return {
    address: addressAt(serverPort),
    layLine: async () => {
      const line = await BreakableLine.start(serverPort)
      return { line, address: addressAt(line.port) }
    },
  }
}
