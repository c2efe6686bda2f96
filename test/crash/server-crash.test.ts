// @module-tag full
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BuiltWriters } from './build-writers.js'
import { crash } from './crash-series.js'
import { SERVER_STORES_HERE, ServerForWriters } from './server-for-writers.js'

const RUNS = 50
// Every run starts a process.
const TIMEOUT_MS = 180_000

describe.each(SERVER_STORES_HERE)('a process that is killed while it writes to a server of the store "%s"', (store) => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000))
  let writers: BuiltWriters
  let server: ServerForWriters | null

  beforeAll(async () => {
    writers = await BuiltWriters.make([store])
    server = await ServerForWriters.start(store)
  })
  afterAll(async () => {
    writers[Symbol.dispose]()
    await server?.[Symbol.asyncDispose]()
  })

  it('invariant 2: has lost and torn nothing that was acknowledged, and left each batch whole or absent', { timeout: TIMEOUT_MS }, async () => {
    const report = await crash({ script: writers.script(store), runs: RUNS, seed })
    expect(report, `npm run test:crash -- --store ${store} --seed ${seed}`).toMatchObject({ runs: RUNS, lost: 0, torn: 0, findings: [] })
    // Otherwise it would show nothing.
    expect(report.inWrite).toBeGreaterThan(RUNS / 2)
  })
})
