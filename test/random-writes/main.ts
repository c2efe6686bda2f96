// npm run test:random: random operations on the stores, each beside a model of what must be there then.
import { parseArgs } from 'node:util'
import { playRandomHistory } from './play.js'

const USAGE = 'npm run test:random -- [--minutes 1 | --histories N] [--steps 60] [--seed N]'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/u.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

function readArguments(): { minutes: number; atLeast: number; steps: number; seed: number } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      histories: { type: 'string', default: '0' },
      steps: { type: 'string', default: '60' },
      seed: { type: 'string' },
    },
  })
  return {
    minutes: wholeNumber('minutes', values.minutes),
    atLeast: wholeNumber('histories', values.histories),
    steps: wholeNumber('steps', values.steps),
    seed: wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000)),
  }
}

async function main(): Promise<void> {
  const { minutes, atLeast, steps, seed } = readArguments()
  say(`Playing random histories of ${steps} steps for ${minutes} min, from seed ${seed}.`)
  const endsAt = Date.now() + minutes * 60_000
  let histories = 0
  try {
    do {
      await playRandomHistory(seed + histories, steps)
      histories += 1
    } while (histories < atLeast || Date.now() < endsAt)
    say(`seed ${seed}: ${histories} histories, ${histories * steps} steps: every store did what it must.`)
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    say(`Once more: npm run test:random -- --minutes 0 --steps ${steps} --seed ${seed + histories}`)
    process.exitCode = 1
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
  process.exitCode = 2
})
