// Whatever a test runs asks nobody outside of this machine: neither this process nor one that it starts.
import { afterEach, expect } from 'vitest'
import { guardLoopback } from './loopback-guard.mjs'

const outside: string[] = []
guardLoopback((host) => outside.push(host))

const options = process.env['NODE_OPTIONS'] ?? ''
const guard = `--import=${new URL('loopback-guard-child.mjs', import.meta.url).href}`
if (!options.includes(guard)) process.env['NODE_OPTIONS'] = `${options} ${guard}`.trim()

// What asked may have taken the failure for a network that is down.
afterEach(() => {
  expect(outside.splice(0), 'hosts outside of this machine').toEqual([])
})
