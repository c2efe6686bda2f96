import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BuiltWriters } from './build-writers.js'
import { crash, type CrashReport } from './crash-series.js'
import { DISK_STORES } from './crash-stores.js'
import { STORE_STEPS, type StoreStep } from './store-steps.js'

const BROKEN = ['in-place', 'one-by-one', 'too-early'] as const
const RUNS = 25
const RUNS_AT_STEP = 50
/** The steps of which a large batch makes more. Any other comes once, and mostly waits for these. */
const GROWING: readonly StoreStep[] = ['append', 'sync', 'fold-text', 'fold-file', 'fold-removal']
/** A broken store is found in the first few. */
const MOST_RUNS = 60
// Every run starts a process.
const TIMEOUT_MS = 180_000

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000))
let writers: BuiltWriters

beforeAll(async () => {
  writers = await BuiltWriters.make([...DISK_STORES, ...BROKEN.map((name) => `broken-${name}`)])
})
afterAll(() => {
  writers[Symbol.dispose]()
})

async function untilFound(broken: (typeof BROKEN)[number]): Promise<CrashReport> {
  return crash({ script: writers.script(`broken-${broken}`), runs: MOST_RUNS, seed, stopsAtFirst: true })
}

describe('a process that is killed while it writes', { tags: 'full', timeout: TIMEOUT_MS }, () => {
  it.each(DISK_STORES)('invariant 2: loses and tears nothing that the store "%s" has acknowledged, and leaves each batch whole or absent', async (store) => {
    const report = await crash({ script: writers.script(store), runs: RUNS, seed })
    expect(report, `npm run test:crash -- --store ${store} --seed ${seed}`).toMatchObject({ runs: RUNS, lost: 0, torn: 0, findings: [] })
    // Otherwise it would show nothing.
    expect(report.inWrite).toBeGreaterThan(RUNS / 2)
  })
})

describe('a process that is killed at a step', { tags: 'full', timeout: TIMEOUT_MS }, () => {
  it.each(STORE_STEPS)(
    'invariant 2: "%s" of the file store loses and tears nothing that it has acknowledged, and leaves each batch whole or absent',
    async (step) => {
      const report = await crash({ script: writers.script('fs'), runs: RUNS_AT_STEP, seed, step, isSmall: !GROWING.includes(step) })
      expect(report, `npm run test:crash -- --step ${step} --seed ${seed}`).toMatchObject({ runs: RUNS_AT_STEP, lost: 0, torn: 0, findings: [] })
    },
  )
})

describe('the crash test', { tags: 'full', timeout: TIMEOUT_MS }, () => {
  it('finds a store that writes creds over what is there', async () => {
    expect((await untilFound('in-place')).findings.join('\n')).toMatch(/(torn|lost): creds: /u)
  })

  it('finds a store that writes a batch record by record', async () => {
    expect((await untilFound('one-by-one')).findings.join('\n')).toMatch(/torn: batch \d: its \d+ records are of several writes/u)
  })

  it('finds a store that acknowledges too early', async () => {
    expect((await untilFound('too-early')).lost).toBeGreaterThan(0)
  })
})
