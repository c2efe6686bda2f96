// npm run bench:scale: many sessions in one process, restored by this library, and beside it by Baileys alone.
import { parseArgs } from 'node:util'
import { ChildScripts } from '../child-scripts.js'
import { machine, tellTargets } from '../report-parts.js'
import { saveFigures } from '../saved-figures.js'
import type { ClientOrder, ClientResult, ServerFacts, ServerOrder, Setup } from './orders.js'
import { figures, table, targets } from './report.js'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '10' },
    'idle-seconds': { type: 'string', default: '5' },
    stock: { type: 'string', default: '0' },
    together: { type: 'boolean', default: false },
    profile: { type: 'string' },
    save: { type: 'boolean', default: false },
  },
})

const count = (name: Exclude<keyof typeof values, 'profile' | 'save' | 'together'>, least: number): number => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < least) throw new RangeError(`--${name} must be a whole number of at least ${least}, but is ${values[name]}.`)
  return value
}

const sessions = count('sessions', 1)
const runs = count('runs', 1)
const concurrency = count('concurrency', 1)
const idleMs = count('idle-seconds', 1) * 1000
/** How many sessions Baileys without the remedy gets: it dies of many. */
const stock = count('stock', 0)

/** Whether both run at the same time: then the ratios say something on a busy machine too, and the times nothing. */
const { profile, together } = values
const clientOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
using scripts = await ChildScripts.build(['client-child', 'server-child'].map((name) => new URL(`./${name}.ts`, import.meta.url)))
await using server = scripts.start('server-child')
const serverOrder: ServerOrder = { devices: Math.max(together ? 2 * sessions : sessions, stock) }
// The child answers nothing else.
const { url, rootPublicKey, creds } = (await server.ask(serverOrder)) as ServerFacts
const results: ClientResult[] = []

async function runClient(order: ClientOrder): Promise<ClientResult> {
  await using client = scripts.start('client-child', clientOptions)
  // The child answers nothing else.
  return (await client.ask(order)) as ClientResult
}

async function measure(setup: Setup, number: number, first = 0): Promise<void> {
  const order: ClientOrder = { setup, url, rootPublicKey, creds: creds.slice(first, first + number), concurrency, idleMs, patienceMs: 30_000 + number * 200 }
  const result = await runClient(order).catch((error: unknown) => {
    console.log(`  ${setup}: ${error instanceof Error ? error.message : String(error)}`)
    return null
  })
  if (result === null) return
  results.push(result)
  console.log(
    `  ${setup}: ${result.open} of ${number} open after ${(result.openMs / 1000).toFixed(1)} s, ${result.cpuMsPerSession.toFixed(1)} ms CPU and ${result.rssKiBPerSession.toFixed(0)} KiB per session`,
  )
}

console.log(`${machine()}\n${sessions} sessions, ${concurrency} dials at once, the server in another process\n`)
for (let run = 1; run <= runs; run++) {
  console.log(`run ${run} of ${runs}`)
  if (together) {
    await Promise.all([measure('library', sessions), measure('bare', sessions, sessions)])
    continue
  }
  // Each goes first as often as the other.
  for (const setup of run % 2 === 1 ? (['library', 'bare'] as const) : (['bare', 'library'] as const)) await measure(setup, sessions)
}
if (stock > 0) {
  console.log(`without the remedy, ${stock} sessions`)
  await measure('stock', stock)
}

console.log(`\n${table(results)}\n\n${tellTargets(targets(results, sessions))}`)
if (values.save) saveFigures('scale', { machine: machine(), lines: figures(results) })
const compared = results.filter(({ setup }) => setup !== 'stock')
process.exitCode = compared.length === 2 * runs && compared.every(({ open }) => open === sessions) ? 0 : 1
