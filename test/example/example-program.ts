import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { ApiClient } from './api-client.js'

const PATIENCE_MS = 60_000

/** The example as a user starts it, in a process of its own. It is killed when the test ends. */
export class ExampleProgram {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #closed: Promise<unknown>
  /** Everything that it has printed, to either stream. */
  output = ''

  /** Starts it. What is temporary is put into `temporary`. */
  constructor(args: readonly string[], temporary: string, environment: NodeJS.ProcessEnv = {}, script = 'examples/express/main.ts') {
    const { TOKEN_SECRET: _unused, ...inherited } = process.env
    this.#child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, TMPDIR: temporary, ...environment },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    // Its simulated WhatsApp has the same stderr: both are gone by then.
    this.#closed = once(this.#child, 'close')
    onTestFinished(async () => {
      await this.end('SIGKILL')
    })
  }

  /** Resolves with the first match in what it prints. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      if (Date.now() > deadline || this.#child.exitCode !== null) throw new Error(`It did not print ${String(pattern)}, but:\n${this.output}`)
      await new Promise((wake) => {
        setTimeout(wake, 20)
      })
    }
  }

  /** Somebody with one of the tokens that the simulation gives away. */
  async client(companyId: string | null): Promise<ApiClient> {
    const [, url = ''] = await this.prints(/^Listening on (http:\S+),/mu)
    const { body } = await new ApiClient(url).get('/api/demo-tokens')
    // The answer is a list.
    const tokens = Object.values(body) as { company_id: string | null; token: string }[]
    return new ApiClient(url, tokens.find(({ company_id }) => company_id === companyId)?.token)
  }

  /** Resolves with the exit code when it has ended, `null` when a signal killed it. */
  async ended(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  /** Sends a signal and resolves as {@link ended}. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal)
    return this.ended()
  }
}
