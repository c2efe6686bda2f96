// npm run bench:import: how long the first import of this package takes, as it is built, beside that of Baileys. Run `npm run build` before.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { machine, median, markdownTable } from '../report-parts.js'
import { inTurn, playRounds, readRoundOptions } from '../rounds.js'
import { saveFigures } from '../saved-figures.js'

const CONTENDERS = {
  own: { title: "import 'baileys-sessions'", load: "await import('baileys-sessions')" },
  required: { title: "require('baileys-sessions')", load: "require('baileys-sessions')" },
  baileys: { title: "import '@whiskeysockets/baileys'", load: "await import('@whiskeysockets/baileys')" },
} as const

type Contender = keyof typeof CONTENDERS
type Round = Readonly<Record<Contender, number>>

const names: readonly Contender[] = ['own', 'required', 'baileys']

if (!existsSync('dist/index.js')) throw new Error('There is no dist/index.js. Run "npm run build" first.')
const options = readRoundOptions()
const rounds = await playRounds(options, (number): Promise<Round> => {
  const times: Record<Contender, number> = { own: NaN, required: NaN, baileys: NaN }
  for (const name of inTurn(names, number)) times[name] = importMs(CONTENDERS[name].load)
  return Promise.resolve(times)
})
const middles = Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))]))
const rows = names.map((name) => [
  `\`${CONTENDERS[name].title}\``,
  middles[name]?.toFixed(0) ?? '',
  median(rounds.map((round) => round[name] / round.baileys)).toFixed(2),
])
console.log(`\n${machine()}\n\n${markdownTable(['the first import in a process', 'ms', 'times Baileys'], rows)}`)
if (options.isSaved) saveFigures('import', { machine: machine(), lines: { import: middles } })

/** In a process of its own, without what Node itself takes to start. The files are in the system's cache after the first round. */
function importMs(load: string): number {
  const script = `const began = performance.now(); ${load}; process.stdout.write(String(performance.now() - began)); process.exit()`
  const type = load.startsWith('await') ? 'module' : 'commonjs'
  return Number(execFileSync(process.execPath, [`--input-type=${type}`, '--eval', script], { encoding: 'utf8' }))
}
