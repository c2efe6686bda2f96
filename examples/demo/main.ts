// npm run demo: three linked sessions survive kill -9. With --compare, stock Baileys goes through the same.
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { compare } from './comparison.js'
import { demonstrate } from './demonstration.js'
import { quietLibsignal } from '../../src/index.js'
import { Screen } from './screen.js'

quietLibsignal()

const TIME_LIMIT_MS = 55_000

const screen = new Screen(process.stdout)

/** Resolves with the exit code when somebody interrupts the demo, or stops reading it. */
async function calledOff(): Promise<number> {
  return new Promise((resolve) => {
    // `on`, because Ctrl-C may come twice: from the terminal and from npm.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        resolve(128 + constants.signals[signal])
      })
    process.stdout.on('error', () => {
      resolve(1)
    })
  })
}

async function tooLate(): Promise<number> {
  return new Promise((_, reject) => {
    setTimeout(() => {
      reject(new Error(`It did not finish within ${TIME_LIMIT_MS / 1000} seconds.`))
    }, TIME_LIMIT_MS)
  })
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { compare: { type: 'boolean', default: false } } })
  return values.compare ? compare(screen) : demonstrate(screen)
}

const exitCode = await Promise.race([calledOff(), tooLate(), run()]).catch((error: unknown) => {
  screen.line(`The demo failed. ${error instanceof Error ? error.message : String(error)}`)
  return 1
})
screen.endProgress()
// What the demo created is removed when the process exits, whatever made it exit.
process.exit(exitCode)
