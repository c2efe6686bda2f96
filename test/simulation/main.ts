// Plays random histories, tells the shortest one that breaks an invariant, or plays one history again.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { anyHistory } from './any-history.js'
import { anyClusterHistory } from './cluster/any-history.js'
import type { ClusterHistory } from './cluster/history.js'
import { playClusterHistory } from './cluster/play-history.js'
import type { History } from './history.js'
import { playHistory } from './play-history.js'
import { simulate, type Failure, type Played, type Simulation, type SimulationPlan } from './simulate.js'
import { type AnyHistory, tellHistory, tellViolations } from './tell-history.js'

const USAGE = `npm run test:simulation -- [--cluster] [--steps 20000] [--seed N] [--no-shrink] [--invariant N] [--json]
npm run test:simulation -- [--cluster] --history file.json`

const MANAGERS: Simulation<History> = { anyHistory, batch: 100, play: playHistory }
const CLUSTER: Simulation<ClusterHistory> = { anyHistory: anyClusterHistory, batch: 20, play: playClusterHistory }

const say = (...lines: string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`)
}

interface Arguments {
  /** Whether processes of a cluster are simulated, rather than managers. */
  readonly ofCluster: boolean
  readonly plan: SimulationPlan
  readonly json: boolean
  readonly history: string | undefined
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      steps: { type: 'string', default: '20000' },
      seed: { type: 'string' },
      invariant: { type: 'string' },
      history: { type: 'string' },
      shrink: { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
      cluster: { type: 'boolean', default: false },
    },
  })
  const { shrink, json, history, invariant, cluster: ofCluster } = values
  if (values.steps === '0') throw new RangeError('--steps must be at least 1')
  const plan = { shrink, steps: wholeNumber('steps', values.steps), seed: wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000)) }
  return {
    ofCluster,
    json,
    history,
    plan: invariant === undefined ? plan : { ...plan, invariant: invariant === 'status' ? invariant : wholeNumber('invariant', invariant) },
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/u.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

async function replay(file: string, ofCluster: boolean): Promise<void> {
  // The format is the one that a failure prints.
  const text = readFileSync(file, 'utf8')
  const { steps, violations } = ofCluster
    ? await replayOne(CLUSTER, JSON.parse(text) as ClusterHistory)
    : await replayOne(MANAGERS, JSON.parse(text) as History)
  say('', `${steps} steps were played.`, ...(violations.length === 0 ? ['Every invariant held.'] : tellViolations(violations)))
  process.exitCode = violations.length === 0 ? 0 : 1
}

async function replayOne<Told extends AnyHistory>({ play }: Simulation<Told>, history: Told): Promise<Played> {
  say(...tellHistory(history), '')
  return play(history, say)
}

function tellFailure({ history, violations, seed, shrinks }: Failure, ofCluster: boolean): void {
  const again = `npm run test:simulation --${ofCluster ? ' --cluster' : ''}`
  say(
    '',
    `A history breaks an invariant (made shorter ${shrinks} times):`,
    ...tellHistory(history),
    '',
    ...tellViolations(violations),
    '',
    `Once more: ${again} --seed ${seed}`,
    `Or alone: save the next line as a file, and ${again} --history <file>`,
    JSON.stringify(history),
  )
}

async function main(): Promise<void> {
  const { ofCluster, plan, json, history } = readArguments()
  if (history !== undefined) {
    await replay(history, ofCluster)
    return
  }
  if (!json) say(`Simulating ${plan.steps} steps with seed ${plan.seed}.`)
  const startedAt = Date.now()
  const shown = { ...plan, ...(json || !process.stdout.isTTY ? {} : { onProgress: (played: number) => process.stdout.write(`\r${played} steps`) }) }
  const report = await (ofCluster ? simulate(CLUSTER, shown) : simulate(MANAGERS, shown))
  if (json) say(JSON.stringify(report))
  else
    say(
      '',
      `${report.histories} histories, ${report.steps} steps, ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`,
      ...(report.failure === null ? ['Every invariant held.'] : []),
    )
  if (report.failure !== null && !json) tellFailure(report.failure, ofCluster)
  process.exitCode = report.failure === null ? 0 : 1
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof TypeError || error instanceof RangeError ? `${error.message}\n${USAGE}` : String(error)}\n`)
  process.exitCode = 2
})
