// npm run bench:cluster: what a cluster costs when nothing happens, and how long a hand-over and a failover take.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from '../../test/support/bundle.js'
import { machine, tellTargets } from '../report-parts.js'
import { DIALS, measureFleet } from './measure-fleet.js'
import type { Measurement, Setting } from './measurement.js'
import { table, targets } from './report.js'

const ENGINES: readonly Setting['engine'][] = ['files', 'sqlite', 'redis', 'postgres']

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'redis' },
    sessions: { type: 'string', default: '10,100,1000' },
    processes: { type: 'string', default: '2,4,8' },
    'idle-seconds': { type: 'string', default: '10' },
    'lease-seconds': { type: 'string', default: '10' },
  },
})

function numbers(name: keyof typeof values): number[] {
  const all = values[name].split(',').map(Number)
  if (!all.every((value) => Number.isInteger(value) && value > 0)) throw new RangeError(`--${name} takes whole numbers above 0, not "${values[name]}".`)
  return all
}

const number = (name: keyof typeof values): number => numbers(name)[0] ?? 0
const engine = ENGINES.find((name) => name === values.store)
if (engine === undefined) throw new RangeError(`Unknown store "${values.store}". Stores: ${ENGINES.join(', ')}.`)
if (numbers('processes').includes(1)) throw new RangeError('--processes must be at least 2: one is killed, and the others go on.')

const settings: Setting[] = numbers('processes').flatMap((processes) =>
  numbers('sessions').map((sessions) => ({
    engine,
    sessions,
    processes,
    idleMs: number('idle-seconds') * 1000,
    leaseMs: number('lease-seconds') * 1000,
  })),
)

// Beside the packages, some of which the script imports.
const cache = resolve('node_modules/.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'bench-cluster-'))
const measurements: Measurement[] = []
try {
  await bundle([fileURLToPath(new URL('../../test/cluster/member-child.ts', import.meta.url))], folder)
  console.log(
    `${machine()}\n${engine}, leases of ${values['lease-seconds']} s, ${DIALS.perSecond} dials a second for each process, fake sockets that open after 200 ms\n`,
  )
  for (const setting of settings) {
    console.log(`${setting.processes} processes, ${setting.sessions} sessions ...`)
    measurements.push(await measureFleet(join(folder, 'member-child.mjs'), setting))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`\n${table(measurements)}\n\n${tellTargets(targets(measurements))}`)
