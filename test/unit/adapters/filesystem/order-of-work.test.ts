import { describe, expect, it } from 'vitest'
import { OperationLimit, SessionTurns } from '../../../../src/async/order-of-work.js'

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the limit of operations', () => {
  it('lets no more run at once, and all of them in the end, failed ones too', async () => {
    const limit = new OperationLimit(3)
    let running = 0
    let most = 0
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, ++running)
      await soon()
      running -= 1
      if (item % 5 === 4) throw new Error(`failed ${item}`)
      return item
    }
    expect(await limit.map([0, 1, 2, 3], work)).toEqual([0, 1, 2, 3])
    await expect(
      limit.map(
        Array.from({ length: 20 }, (_, item) => item),
        work,
      ),
    ).rejects.toThrow('failed 4')
    expect([running, most]).toEqual([0, 3])
    expect(await limit.map([0, 1, 2, 3], work)).toEqual([0, 1, 2, 3])
  })
})

describe('the turns of a session', () => {
  it('follow one another, also after a failure, while other sessions go on', async () => {
    const turns = new SessionTurns()
    const log: string[] = []
    const work = (name: string, rounds: number) => async (): Promise<string> => {
      log.push(`${name} starts`)
      for (let round = 0; round < rounds; round++) await soon()
      log.push(`${name} ends`)
      if (name === 'a1') throw new Error('a1 failed')
      return name
    }
    const results = Promise.allSettled([turns.run('a', work('a1', 5)), turns.run('a', work('a2', 1)), turns.run('b', work('b1', 1))])
    await turns.idle()
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(log.filter((line) => line.startsWith('a'))).toEqual(['a1 starts', 'a1 ends', 'a2 starts', 'a2 ends'])
    expect(log.indexOf('b1 ends')).toBeLessThan(log.indexOf('a1 ends'))
    expect(await turns.run('a', work('a3', 0))).toBe('a3')
  })
})
