#!/usr/bin/env node
import { run } from './run.js'

// What the program `baileys-sessions` does when it is started. Everything that can be tested in a process is in run.ts.

const interrupted = new AbortController()
// Once: the second SIGINT ends the process as it would without a listener.
process.once('SIGINT', () => { interrupted.abort() })

// Whoever reads may have seen enough, as in `| head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

void run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  variables: process.env,
  directory: process.cwd(),
  signal: interrupted.signal,
}).then((exitCode) => {
  process.exitCode = exitCode
})
