// Loaded by every process that a test starts. One that asks anybody else ends at once: a look-up that fails might go unnoticed.
import { guardLoopback } from './loopback-guard.mjs'

guardLoopback((host) => {
  process.stderr.write(`Tests ask nobody outside of this machine, but this process connects to ${host}.\n`)
  process.exit(97)
})
