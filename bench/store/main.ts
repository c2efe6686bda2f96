// npm run bench:store: every store of this library, and beside them stock Baileys and bare appends, on the same disk.
import { inTurn, playRounds, readRoundOptions, results } from '../rounds.js'
import { saveFigures } from '../saved-figures.js'
import { PostgresServer } from '../../test/support/postgres-server.js'
import { BenchFolder } from '../bench-folder.js'
import { RedisServers } from '../redis-servers.js'
import { CONTENDERS, type KeeperName, keepersOn, type KeeperTimings, type Servers, type Timings } from './lines.js'
import { Measuring } from './measuring.js'
import { describeMachine, figures, type Round, table, targets } from './report.js'

const options = readRoundOptions()
using folder = new BenchFolder(options.folder)
await using redis = await RedisServers.start(folder.path, ['always', 'everysec'])
await using postgres = await PostgresServer.start([], options.folder)
const servers: Servers = { redis: redis.port('always'), 'redis-everysec': redis.port('everysec'), postgres: postgres.port }
using measuring = await Measuring.prepare(folder.path, servers)

const rounds = await playRounds(options, async (number, progress): Promise<Round> => {
  const { fsyncMs } = await measuring.measure({ kind: 'fsync' })
  const { timings: commits } = await measuring.measure({ kind: 'commits' })
  for (const contender of CONTENDERS) progress(`${contender}: ${describeTimings(commits.contenders[contender] ?? {})}`)
  const keepers = new Map<KeeperName, KeeperTimings>()
  for (const keeper of inTurn(keepersOn(servers), number)) {
    const { timings } = await measuring.measure({ kind: 'keeper', keeper })
    keepers.set(keeper, timings)
    progress(`${keeper}: ${describeTimings(timings)}`)
  }
  return { fsyncMs, commits, keepers: Object.fromEntries(keepers) }
})
const descriptors = { fs: await countDescriptors('fs'), stock: await countDescriptors('stock') }
console.log(`\n${results(options, describeMachine(rounds), table(rounds), targets(rounds, descriptors))}`)
if (options.isSaved) saveFigures('store', { machine: describeMachine(rounds), lines: figures(rounds) })

/** Hardly ever another number, so once is enough. */
async function countDescriptors(keeper: 'fs' | 'stock'): Promise<number | null> {
  const { most } = await measuring.measure({ kind: 'descriptors', keeper })
  return most
}

function describeTimings(timings: Partial<Timings>): string {
  return Object.entries(timings)
    .flatMap(([name, time]: [string, number | null]) => (time === null ? [] : [`${name} ${time.toFixed(2)}`]))
    .join(', ')
}
