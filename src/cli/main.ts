#!/usr/bin/env node
import { EXIT } from './command-environment.js'
import { run } from './run.js'

// What the program `baileys-sessions` does when it is started. Everything that can be tested in a process is in run.ts.

const interrupted = new AbortController()
// Once: the second SIGINT ends the process as it would without a listener.
const interrupt = (): void => interrupted.abort()
process.once('SIGINT', interrupt)

// A result that nobody got is told once, and breaks nothing off: a session may be half done.
let isLost = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads may have seen enough, as in `| head`.
  if (isLost || error.code === 'EPIPE') return
  isLost = true
  process.stderr.write(`The result could not be written: ${error.message}.\n`)
  // Of the last line this is known after all else.
  process.exitCode ||= EXIT.trouble
})
process.stderr.on('error', () => undefined)

void run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  variables: process.env,
  directory: process.cwd(),
  signal: interrupted.signal,
}).then((exitCode) => {
  // What is still under way is a call to a disk that never answers.
  process.off('SIGINT', interrupt)
  process.exitCode = isLost ? exitCode || EXIT.trouble : exitCode
})
