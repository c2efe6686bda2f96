import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Target, tellTargets } from './report-parts.js'

/** Those who are measured in rounds, as the command line has it. */
export interface RoundOptions {
  readonly rounds: number
  /** Where the measured folders are made. */
  readonly folder: string
  /** Whether standard output is for a page. */
  readonly isMarkdown: boolean
  /** Whether the figures are kept for the docs. */
  readonly isSaved: boolean
}

/** Reads the command line. Throws `RangeError` for a number of rounds that cannot be. */
export function readRoundOptions(): RoundOptions {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      folder: { type: 'string', default: tmpdir() },
      markdown: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds must be a whole number of at least 1, but is ${values.rounds}.`)
  return { rounds, folder: resolve(values.folder), isMarkdown: values.markdown, isSaved: values.save }
}

/** Plays all rounds, one after the other. Whoever is measured can tell how it goes. */
export async function playRounds<Round>(
  { rounds, isMarkdown }: RoundOptions,
  play: (number: number, progress: (line: string) => void) => Promise<Round>,
): Promise<Round[]> {
  const progress = isMarkdown ? console.error : console.log
  const played: Round[] = []
  for (let number = 0; number < rounds; number += 1) {
    progress(`round ${number + 1} of ${rounds}`)
    played.push(
      await play(number, (line) => {
        progress(`  ${line}`)
      }),
    )
  }
  return played
}

/** The order of one round: everybody is the first, the second and so on in turn. */
export function inTurn<Item>(items: readonly Item[], round: number): Item[] {
  const first = round % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

/** Everything that a page shows of a measurement. */
export function results({ isMarkdown }: RoundOptions, machine: string, table: string, targets: readonly Target[]): string {
  const told = tellTargets(targets)
  return `${machine}\n\n${table}\n\n${isMarkdown ? `\`\`\`text\n${told}\n\`\`\`` : told}`
}
