import { median } from '../report-parts.js'

/** How long some work takes, in milliseconds. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** The middle of some runs of the same work. */
export async function middleOf(runs: number, run: (index: number) => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < runs; index += 1) times.push(await run(index))
  return median(times)
}
