// npm run bench:store: every store of this library, and stock Baileys beside them, on the same disk.
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CONTENDERS, type Contender, type DiskTimings, type Timings } from './lines.js'
import { Measuring } from './measuring.js'
import { machine, table, targets, tellTargets, type Round } from './report.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    markdown: { type: 'boolean', default: false },
  },
})
const wanted = Number(values.rounds)
if (!Number.isInteger(wanted) || wanted < 1) throw new RangeError(`--rounds must be a whole number of at least 1, but is ${values.rounds}.`)
/** With --markdown, standard output is for the table. */
const progress = (line: string): void => {
  ;(values.markdown ? console.error : console.log)(line)
}

using measuring = await Measuring.prepare(resolve(values.folder))

async function play(number: number): Promise<Round> {
  // Everybody is the first, the second and so on in turn.
  const order = [...CONTENDERS.slice(number % CONTENDERS.length), ...CONTENDERS.slice(0, number % CONTENDERS.length)]
  const disk: DiskTimings[] = []
  const timings = new Map<Contender, Timings>()
  for (const contender of ['disk', ...order] as const) {
    const measured = await measuring.measure(contender)
    if (measured.kind === 'disk') disk.push(measured.timings)
    else timings.set(measured.contender, measured.timings)
    progress(
      `  ${contender}: ${Object.entries(measured.timings)
        .map(([name, time]: [string, number]) => `${name} ${time.toFixed(1)}`)
        .join(', ')}`,
    )
  }
  const [first] = disk
  if (first === undefined) throw new Error('The disk was not measured.')
  // Every contender was in the order.
  return { disk: first, contenders: Object.fromEntries(timings) as Record<Contender, Timings> }
}

const rounds: Round[] = []
for (let number = 0; number < wanted; number += 1) {
  progress(`round ${number + 1} of ${wanted}`)
  rounds.push(await play(number))
}
progress('')
console.log(`${machine(rounds)}\n\n${table(rounds)}\n\n${tellTargets(targets(rounds))}`)
