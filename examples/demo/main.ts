// npm run demo: three linked sessions survive kill -9. With --compare, stock Baileys goes through the same; with --cluster, processes share
// 30 sessions, in a store of the demo or in an empty one that --store names as the command line does.
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { compare } from './comparison.js'
import { demonstrate } from './demonstration.js'
import { FleetDemonstration } from './fleet-demonstration.js'
import { FleetStage } from './fleet-stage.js'
import { quietLibsignal } from '../../src/index.js'
import { Screen } from './screen.js'

quietLibsignal()

const TIME_LIMIT_MS = 55_000
const CLEARING_LIMIT_MS = 4000

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

/** What has to be removed before the process exits; what is in the folder is removed whatever makes it exit. */
let clear = async (): Promise<void> => undefined

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: { compare: { type: 'boolean', default: false }, cluster: { type: 'boolean', default: false }, store: { type: 'string' } },
  })
  if (values.compare && values.cluster) throw new Error('Choose one of --compare and --cluster.')
  if (values.store !== undefined && !values.cluster) throw new Error('--store is for --cluster.')
  if (!values.cluster) return values.compare ? compare(screen) : demonstrate(screen)
  const stage = await FleetStage.build(values.store)
  clear = () => stage.clear()
  return new FleetDemonstration(screen, stage).play()
}

const exitCode = await Promise.race([calledOff(), tooLate(), run()]).catch((error: unknown) => {
  screen.endProgress()
  screen.line(`The demo failed. ${error instanceof Error ? error.message : String(error)}`)
  return 1
})
screen.endProgress()
await Promise.race([clear(), delay(CLEARING_LIMIT_MS)]).catch((error: unknown) => {
  screen.line(`Something of it may be left. ${error instanceof Error ? error.message : String(error)}`)
})
process.exit(exitCode)
