import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'

const START_MS = 20_000

/** The program of a Redis or Valkey server; `null` where there is none. */
export const REDIS_PROGRAM: string | null = findProgram(['redis-server', 'valkey-server'])

// Who measures with it says so in words of their own.
if (REDIS_PROGRAM === null && process.env['VITEST'] !== undefined) {
  process.stderr.write(
    'The tests on a Redis server are left out: install one ("apt-get install redis-server"), or put redis-server or valkey-server on the PATH.\n',
  )
}

function findProgram(names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file)) ?? null
}

function requireProgram(): string {
  if (REDIS_PROGRAM === null)
    throw new Error('There is no Redis server here: install one ("apt-get install redis-server"), or put redis-server or valkey-server on the PATH.')
  return REDIS_PROGRAM
}

/** A server in a process, on a port and with a folder of its own. */
export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #settings: readonly string[]
  #child: ChildProcess

  private constructor(port: number, folder: string, settings: readonly string[], child: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#settings = settings
    this.#child = child
  }

  /** Starts one. Settings are as on its command line: `['--appendfsync', 'always']`. */
  static async start(...settings: string[]): Promise<RedisServer> {
    requireProgram()
    const folder = mkdtempSync(join(tmpdir(), 'baileys-sessions-redis-'))
    for (let tries = 0; ; tries++) {
      const port = await freePort()
      const child = launch(port, folder, settings)
      if (await answers(port, child)) return new RedisServer(port, folder, settings, child)
      await end(child)
      if (tries < 2) continue
      rmSync(folder, { recursive: true, force: true })
      throw new Error('No Redis server could be started.')
    }
  }

  /** The process. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Kills it as a crash of the machine would. */
  async kill(): Promise<void> {
    await end(this.#child)
  }

  /** Starts it again after that, on the same port and with what is in its folder. */
  async restart(): Promise<void> {
    this.#child = launch(this.port, this.#folder, this.#settings)
    if (!(await answers(this.port, this.#child))) throw new Error('The Redis server did not come back.')
  }

  /** Ends it, and removes its folder. Idempotent. */
  async close(): Promise<void> {
    await end(this.#child)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function launch(port: number, folder: string, settings: readonly string[]): ChildProcess {
  const always = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'no',
    '--repl-diskless-sync-delay',
    '0',
  ]
  const child = spawn(requireProgram(), [...always, ...settings], { stdio: 'ignore' })
  // Whoever started it may end without a word.
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

/** Whether it is this process that answers there, and not another that was given the same port. */
async function answers(port: number, child: ChildProcess): Promise<boolean> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: null })
  client.on('error', () => undefined)
  const deadline = Date.now() + START_MS
  const ended = once(child, 'exit').then(() => '')
  try {
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      const info = await Promise.race([client.info('server').catch(() => ''), ended])
      if (info.includes(`process_id:${child.pid}\r\n`)) return true
    }
    return false
  } finally {
    client.disconnect()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
