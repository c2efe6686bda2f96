// npm run test:crash: kills processes while they write, and looks at what they leave.
import { parseArgs } from 'node:util'
import { BuiltWriters } from './build-writers.js'
import { crash, type CrashReport } from './crash-series.js'
import { CRASH_STORES, type CrashStore, STEPPING_STORES } from './crash-stores.js'
import { ServerForWriters } from './server-for-writers.js'
import { STORE_STEPS, type StoreStep } from './store-steps.js'

const USAGE = `npm run test:crash -- [--runs 1000] [--store ${CRASH_STORES.join('|')}] [--step any|every|${STORE_STEPS.join('|')}] [--seed N]`
/** Enough to see what goes wrong. */
const SHOWN_FINDINGS = 20

const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Arguments {
  readonly runs: number
  readonly store: CrashStore
  /** `any`: at any moment. */
  readonly steps: readonly (StoreStep | 'any')[]
  readonly seed: number
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      store: { type: 'string', default: 'fs' },
      step: { type: 'string', default: 'any' },
      seed: { type: 'string' },
    },
  })
  const store = CRASH_STORES.find((name) => name === values.store)
  if (store === undefined) throw new RangeError(`--store must be one of ${CRASH_STORES.join(', ')}, not ${JSON.stringify(values.store)}`)
  const steps = values.step === 'every' ? STORE_STEPS : [...STORE_STEPS, 'any' as const].filter((name) => name === values.step)
  if (steps.length === 0) throw new RangeError(`--step must be any, every or one of ${STORE_STEPS.join(', ')}, not ${JSON.stringify(values.step)}`)
  if (values.step !== 'any' && !STEPPING_STORES.includes(store)) throw new RangeError(`--step is for the stores ${STEPPING_STORES.join(' and ')}`)
  const runs = wholeNumber('runs', values.runs)
  if (runs === 0) throw new RangeError('--runs must be at least 1')
  return { runs, store, steps, seed: wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000)) }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/u.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

async function main(): Promise<void> {
  const { runs, store, steps, seed } = readArguments()
  using writers = await BuiltWriters.make([store])
  await using _server = await ServerForWriters.start(store)
  for (const step of steps) {
    say(`Killing ${runs} writers of the store "${store}" ${step === 'any' ? 'at any moment' : `at the step "${step}"`}, seed ${seed}.`)
    const startedAt = Date.now()
    const report = await crash({
      script: writers.script(store),
      runs,
      seed,
      ...(step === 'any' ? {} : { step }),
      onKill: (kills) => {
        if (process.stdout.isTTY) process.stdout.write(`\r${kills} of ${runs}`)
      },
    })
    if (process.stdout.isTTY) process.stdout.write('\r')
    tell(report, `seed ${seed}, ${report.inWrite} killed in the middle of a write, ${((Date.now() - startedAt) / 1000).toFixed(0)} s`)
    // Stock is here for comparison.
    if (store !== 'stock' && report.lost + report.torn > 0) process.exitCode = 1
  }
}

function tell({ runs, lost, torn, findings }: CrashReport, how: string): void {
  for (const finding of findings.slice(0, SHOWN_FINDINGS)) say(`  ${finding}`)
  if (findings.length > SHOWN_FINDINGS) say(`  … and ${findings.length - SHOWN_FINDINGS} more`)
  say(`runs ${runs}, lost ${lost}, torn ${torn} (${how})`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n${error instanceof RangeError || error instanceof TypeError ? `${USAGE}\n` : ''}`,
  )
  process.exitCode = 2
}
