// Plays random histories, tells the shortest one that breaks an invariant, or plays one history again.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { History } from './history.js'
import { playHistory } from './play-history.js'
import { simulate, type Failure, type SimulationPlan } from './simulate.js'
import { tellHistory, tellViolations } from './tell-history.js'

const USAGE = `npm run test:simulation -- [--steps 20000] [--seed N] [--no-shrink] [--invariant N] [--json]
npm run test:simulation -- --history file.json`

const say = (...lines: string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`)
}

interface Arguments {
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
    },
  })
  const { shrink, json, history, invariant } = values
  if (values.steps === '0') throw new RangeError('--steps must be at least 1')
  const plan = { shrink, steps: wholeNumber('steps', values.steps), seed: wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000)) }
  return {
    json,
    history,
    plan: invariant === undefined ? plan : { ...plan, invariant: invariant === 'status' ? invariant : wholeNumber('invariant', invariant) },
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/u.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

async function replay(file: string): Promise<void> {
  // The format is the one that a failure prints.
  const history = JSON.parse(readFileSync(file, 'utf8')) as History
  say(...tellHistory(history), '')
  const { violations, steps } = await playHistory(history, say)
  say('', `${steps} steps were played.`, ...(violations.length === 0 ? ['Every invariant held.'] : tellViolations(violations)))
  process.exitCode = violations.length === 0 ? 0 : 1
}

function tellFailure({ history, violations, seed, shrinks }: Failure): void {
  say(
    '',
    `A history breaks an invariant (made shorter ${shrinks} times):`,
    ...tellHistory(history),
    '',
    ...tellViolations(violations),
    '',
    `Once more: npm run test:simulation -- --seed ${seed}`,
    'Or alone: save the next line as a file, and npm run test:simulation -- --history <file>',
    JSON.stringify(history),
  )
}

async function main(): Promise<void> {
  const { plan, json, history } = readArguments()
  if (history !== undefined) {
    await replay(history)
    return
  }
  if (!json) say(`Simulating ${plan.steps} steps with seed ${plan.seed}.`)
  const startedAt = Date.now()
  const report = await simulate({
    ...plan,
    ...(json || !process.stdout.isTTY ? {} : { onProgress: (played: number) => process.stdout.write(`\r${played} steps`) }),
  })
  if (json) say(JSON.stringify(report))
  else
    say(
      '',
      `${report.histories} histories, ${report.steps} steps, ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`,
      ...(report.failure === null ? ['Every invariant held.'] : []),
    )
  if (report.failure !== null && !json) tellFailure(report.failure)
  process.exitCode = report.failure === null ? 0 : 1
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof TypeError || error instanceof RangeError ? `${error.message}\n${USAGE}` : String(error)}\n`)
  process.exitCode = 2
})
