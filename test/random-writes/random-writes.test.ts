import { describe, it } from 'vitest'
import { seededRandom } from '../support/seeded-random.js'
import { playRandomHistory } from './play.js'

const STEPS = 60

async function play(histories: number): Promise<void> {
  const { seed } = seededRandom()
  for (let played = 0; played < histories; played += 1) await playRandomHistory(seed + played, STEPS)
}

describe('random operations on the file and SQLite stores', () => {
  it('leave what a model of them holds, in 10 histories', async () => {
    await play(10)
  })

  it('leave what a model of them holds, in 20 histories more', { tags: 'full', timeout: 300_000 }, async () => {
    await play(20)
  })
})
