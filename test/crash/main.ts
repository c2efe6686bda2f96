// npm run test:crash: kills processes while they write, and looks at what they leave.
import { parseArgs } from 'node:util'
import { BuiltWriters } from './build-writers.js'
import { crash } from './crash-series.js'
import { CRASH_STORES, type CrashStore } from './crash-stores.js'

const USAGE = `npm run test:crash -- [--runs 1000] [--store ${CRASH_STORES.join('|')}] [--seed N]`
/** Enough to see what goes wrong. */
const SHOWN_FINDINGS = 20

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function readArguments(): { runs: number; store: CrashStore; seed: number } {
  const { values } = parseArgs({ options: { runs: { type: 'string', default: '1000' }, store: { type: 'string', default: 'fs' }, seed: { type: 'string' } } })
  const store = CRASH_STORES.find((name) => name === values.store)
  if (store === undefined) throw new RangeError(`--store must be one of ${CRASH_STORES.join(', ')}, not ${JSON.stringify(values.store)}`)
  const runs = wholeNumber('runs', values.runs)
  if (runs === 0) throw new RangeError('--runs must be at least 1')
  return { runs, store, seed: wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000)) }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/u.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

async function main(): Promise<void> {
  const { runs, store, seed } = readArguments()
  say(`Killing ${runs} writers of the store "${store}", seed ${seed}.`)
  const startedAt = Date.now()
  using writers = await BuiltWriters.make([store])
  const report = await crash({
    script: writers.script(store),
    runs,
    seed,
    onKill: (kills) => {
      if (process.stdout.isTTY) process.stdout.write(`\r${kills} of ${runs}`)
    },
  })
  if (process.stdout.isTTY) process.stdout.write('\r')
  for (const finding of report.findings.slice(0, SHOWN_FINDINGS)) say(`  ${finding}`)
  if (report.findings.length > SHOWN_FINDINGS) say(`  … and ${report.findings.length - SHOWN_FINDINGS} more`)
  say(
    `runs ${report.runs}, lost ${report.lost}, torn ${report.torn} (seed ${seed}, ${report.inWrite} killed in the middle of a write, ${((Date.now() - startedAt) / 1000).toFixed(0)} s)`,
  )
  // Stock is here for comparison.
  if (store !== 'stock' && report.lost + report.torn > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${error instanceof RangeError || error instanceof TypeError ? `${USAGE}\n` : ''}`,
  )
  process.exitCode = 2
}
