import { readFileSync, writeFileSync } from 'node:fs'

/** The benchmarks whose figures are kept for the docs and their pictures. */
export type BenchmarkName = 'import' | 'messages' | 'scale' | 'store'

/** What a page shows of a benchmark: by line, and in each line by contender. Times are in milliseconds. */
export interface Figures {
  /** Where it was measured. */
  readonly machine: string
  readonly lines: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** With `--save`, a benchmark leaves here what it found. */
export function saveFigures(name: BenchmarkName, { machine, lines }: Figures): void {
  const rounded = Object.fromEntries(
    Object.entries(lines).map(([line, values]) => [
      line,
      Object.fromEntries(Object.entries(values).map(([contender, value]) => [contender, toFourDigits(value)])),
    ]),
  )
  writeFileSync(fileOf(name), `${JSON.stringify({ machine, lines: rounded }, null, 2)}\n`)
}

/** What a benchmark has left. */
export function readFigures(name: BenchmarkName): Figures {
  // Only `saveFigures` writes these files.
  return JSON.parse(readFileSync(fileOf(name), 'utf8')) as Figures
}

function fileOf(name: BenchmarkName): URL {
  return new URL(`./results/${name}.json`, import.meta.url)
}

/** More digits than this are chance. */
function toFourDigits(value: number): number {
  return Number(value.toPrecision(4))
}
