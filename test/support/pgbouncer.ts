import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { NOBODY } from './postgres-server.js'

/** Where Debian puts it. */
const PROGRAM = '/usr/sbin/pgbouncer'

/** PgBouncer before a PostgreSQL server: each transaction may go to another connection. */
export class PgBouncer implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #port: number

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#process = child
    this.#folder = folder
    this.#port = port
  }

  /** Whether it is installed. */
  static readonly isInstalled: boolean = existsSync(PROGRAM)

  /** Starts it before the server that listens on a port, with three connections for everybody. */
  static async start(serverPort: number): Promise<PgBouncer> {
    const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'))
    const port = await freePort()
    const users = join(folder, 'users.txt')
    const settings = [
      '[databases]',
      `postgres = host=127.0.0.1 port=${serverPort} dbname=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      'default_pool_size = 3',
    ]
    writeFileSync(users, '"postgres" ""\n')
    writeFileSync(join(folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`)
    const isRoot = process.getuid?.() === 0
    if (isRoot) chownSync(folder, NOBODY, NOBODY)
    const child = spawn(PROGRAM, [join(folder, 'pgbouncer.ini')], { stdio: 'ignore', ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) })
    const pooler = new PgBouncer(child, folder, port)
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error('PgBouncer did not start.')
      await new Promise((resolve) => {
        setTimeout(resolve, 20)
      })
    }
    return pooler
  }

  /** Where clients connect to. */
  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const gone = once(this.#process, 'exit')
      this.#process.kill('SIGKILL')
      await gone
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
