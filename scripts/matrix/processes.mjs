import { spawn } from 'node:child_process'

/** The processes that this run started, so that none outlives it. */
export class Processes {
  #running = new Set()

  /** Runs a command. Resolves with its exit code and everything it printed; `onLine` gets each line as it comes. */
  async run(command, args, options = {}) {
    // Its own process group, so that everything the tests start can be ended with it.
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32', ...options })
    this.#running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8')
      stream.on('data', (text) => {
        output += text
      })
    }
    try {
      const code = await new Promise((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (exitCode, signal) => {
          resolve(exitCode ?? signal)
        })
      })
      return { code, output }
    } finally {
      this.#running.delete(child)
    }
  }

  /** Ends everything that still runs. */
  kill() {
    for (const child of this.#running) {
      try {
        if (process.platform === 'win32') child.kill('SIGKILL')
        else process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has just ended on its own.
      }
    }
  }
}
