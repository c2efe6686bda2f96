// npm run bench:messages: what a received message costs with each store, and with stock Baileys beside them.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PostgresServer } from '../../test/support/postgres-server.js'
import { BenchFolder } from '../bench-folder.js'
import { type ChildScript, ChildScripts } from '../child-scripts.js'
import { RedisServers } from '../redis-servers.js'
import { machine } from '../report-parts.js'
import { inTurn, playRounds, readRoundOptions, results } from '../rounds.js'
import { saveFigures } from '../saved-figures.js'
import { AMOUNTS, type ClientOrder, CONTENDERS, type Contender, type Counted, type ServerFacts, type ServerOrder } from './orders.js'
import { figures, type Round, table, targets } from './report.js'

/** Messages to each device before any is counted: its Signal session is made, and the code is warm. */
const WARM_UP = 20

const options = readRoundOptions()
using place = new BenchFolder(options.folder)
await using redis = await RedisServers.start(place.path, ['always'])
await using postgres = await PostgresServer.start([], options.folder)
const contenders = CONTENDERS.filter((contender) => contender !== 'redis' || redis.port('always') !== undefined)
using scripts = await ChildScripts.build(['client-child', 'server-child'].map((name) => new URL(`./${name}.ts`, import.meta.url)))

/** The CPU time of one message, in processes and a folder of their own. */
async function measure(contender: Contender): Promise<number> {
  const folder = mkdtempSync(join(place.path, 'run-'))
  try {
    await using server = scripts.start('server-child')
    await using client = scripts.start('client-child')
    // The child answers nothing else.
    const facts = (await askServer(server, { kind: 'start', devices: AMOUNTS.devices })) as ServerFacts
    await askClient(client, { kind: 'open', contender, folder, redisPort: redis.port('always'), postgresPort: postgres.port, server: facts })
    await askServer(server, { kind: 'send', count: WARM_UP })
    await askClient(client, { kind: 'count' })
    await askServer(server, { kind: 'send', count: AMOUNTS.messages })
    // The child answers nothing else.
    const { messages, cpuMs } = (await askClient(client, { kind: 'tell' })) as Counted
    const expected = AMOUNTS.devices * AMOUNTS.messages
    if (messages !== expected) throw new Error(`"${contender}" received ${messages} of ${expected} messages.`)
    return cpuMs / messages
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const askServer = (server: ChildScript, order: ServerOrder): Promise<unknown> => server.ask(order)
const askClient = (client: ChildScript, order: ClientOrder): Promise<unknown> => client.ask(order)

const rounds = await playRounds(options, async (number, progress): Promise<Round> => {
  const times = new Map<Contender, number>()
  for (const contender of inTurn(contenders, number)) {
    const time = await measure(contender)
    times.set(contender, time)
    progress(`${contender}: ${time.toFixed(2)} ms`)
  }
  return Object.fromEntries(times)
})
console.log(`\n${results(options, machine(), table(rounds), targets(rounds))}`)
if (options.isSaved) saveFigures('messages', { machine: machine(), lines: figures(rounds) })
