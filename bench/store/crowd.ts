import { readdirSync } from 'node:fs'
import type { OpenAuth, SessionKeeper } from './keeper.js'
import { AMOUNTS } from './lines.js'
import { ratchetStep } from './records.js'

/** Long enough for what a store puts off to come into it, more than once. */
const CROWD_MS = 2500
const LOOK_MS = 20
const DESCRIPTORS = '/proc/self/fd'

/** The 99th percentile of the commits of sessions that all write: each commits one key after the other. */
export async function crowdedCommit(keeper: SessionKeeper): Promise<number> {
  const times = (await writeAtOnce(await openMany(keeper, AMOUNTS.crowd))).sort((left, right) => left - right)
  return times[Math.floor(times.length * 0.99)] ?? NaN
}

/** The most descriptors that this process has open while sessions are busy; `null` where they cannot be counted. */
export async function busyDescriptors(keeper: SessionKeeper): Promise<number | null> {
  if (process.platform !== 'linux') return null
  const sessions = await openMany(keeper, AMOUNTS.busy)
  let most = 0
  const looking = setInterval(() => {
    // One of them is of the folder that is being read.
    most = Math.max(most, readdirSync(DESCRIPTORS).length - 1)
  }, LOOK_MS)
  await writeAtOnce(sessions)
  clearInterval(looking)
  return most
}

async function openMany(keeper: SessionKeeper, count: number): Promise<OpenAuth[]> {
  const sessions: OpenAuth[] = []
  for (let index = 0; index < count; index += 1) {
    await keeper.add(`crowd${index}`)
    sessions.push(await keeper.open(`crowd${index}`))
  }
  return sessions
}

/** How long each commit took. */
async function writeAtOnce(sessions: readonly OpenAuth[]): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + CROWD_MS
  await Promise.all(
    sessions.map(async (auth) => {
      for (let index = 0; performance.now() < end; index += 1) {
        const step = ratchetStep(index)
        const startedAt = performance.now()
        await auth.setKeys(step)
        times.push(performance.now() - startedAt)
      }
    }),
  )
  return times
}
