// npm run bench:store: every store of this library, and beside them stock Baileys and bare appends, on the same disk.
import { inTurn, playRounds, readRoundOptions, results } from '../rounds.js'
import { CONTENDERS, KEEPERS, type KeeperName, type KeeperTimings, type Timings } from './lines.js'
import { Measuring } from './measuring.js'
import { describeMachine, type Round, table, targets } from './report.js'

const options = readRoundOptions()
using measuring = await Measuring.prepare(options.folder)

const rounds = await playRounds(options, async (number, progress): Promise<Round> => {
  const { fsyncMs } = await measuring.measure({ kind: 'fsync' })
  const { timings: commits } = await measuring.measure({ kind: 'commits' })
  for (const contender of CONTENDERS) progress(`${contender}: ${describeTimings(commits.contenders[contender])}`)
  const keepers = new Map<KeeperName, KeeperTimings>()
  for (const keeper of inTurn(KEEPERS, number)) {
    const { timings } = await measuring.measure({ kind: 'keeper', keeper })
    keepers.set(keeper, timings)
    progress(`${keeper}: ${describeTimings(timings)}`)
  }
  // Every keeper was in the order.
  return { fsyncMs, commits, keepers: Object.fromEntries(keepers) as Record<KeeperName, KeeperTimings> }
})
const descriptors = { fs: await countDescriptors('fs'), stock: await countDescriptors('stock') }
console.log(`\n${results(options, describeMachine(rounds), table(rounds), targets(rounds, descriptors))}`)

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
