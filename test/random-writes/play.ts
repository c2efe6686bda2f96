import { install } from '@sinonjs/fake-timers'
import { seededRandom } from '../support/seeded-random.js'
import { FilePlace } from './file-place.js'
import { RandomHistory } from './random-history.js'
import { SqlitePlace } from './sqlite-place.js'

/** How many of ten histories are of the file store. */
const OF_FILES = 8

/** Plays one history. Throws an error that tells the seed and the last steps when a store does not do what it must. */
export async function playRandomHistory(seed: number, steps: number): Promise<void> {
  const random = seededRandom(seed)
  const place = random.below(10) < OF_FILES ? new FilePlace(random) : new SqlitePlace()
  // Its timer is what folds; the other store waits for its database by the real clock. Other tests of the worker may have left timers to clear.
  const clock = place.folds ? install({ toFake: ['setTimeout', 'clearTimeout'], shouldClearNativeTimers: true }) : null
  const history = new RandomHistory(place, random, (ms) => clock?.tick(ms))
  try {
    await history.play(steps)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${place.name}, seed ${seed}: ${why}\n${history.told.slice(-25).join('\n')}`, { cause })
  } finally {
    clock?.uninstall()
  }
}
