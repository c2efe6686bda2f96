import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DialLimiter, type DialPriority, type DialTicket } from '../../../src/disconnect/dial-limiter.js'
import { deferred } from '../../support/deferred.js'

/** A ticket that writes its name down when its turn comes. */
function queue(limiter: DialLimiter, order: string[], name: string, priority: DialPriority = 'bulk'): DialTicket {
  const ticket = limiter.request(priority)
  ticket.turn.then(
    () => order.push(name),
    () => undefined,
  )
  return ticket
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('invariant 10: the dial limiter', () => {
  it('lets a bounded number through at once, the next one when one is given back', async () => {
    const limiter = new DialLimiter({ concurrency: 2, perSecond: 100 })
    const order: string[] = []
    const tickets = ['a', 'b', 'c', 'd'].map((name) => queue(limiter, order, name))
    await settle()
    expect(order).toEqual(['a', 'b'])
    tickets[1]?.release()
    await settle()
    expect(order).toEqual(['a', 'b', 'c'])
    for (const ticket of tickets) ticket.release()
    await settle()
  })

  it('keeps a place for a dial to come, which goes with it, and counts it as one that runs', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const place = limiter.keepPlace('kept')
    await place.turn
    const other = queue(limiter, order, 'other', 'person')
    const dial = limiter.request('bulk', { sessionId: 'kept' })
    await dial.turn
    place.release()
    await settle()
    expect(order).toEqual([])
    dial.release()
    await settle()
    expect(order).toEqual(['other'])
    other.release()
  })

  it('gives a place that was kept in vain to others, and a dial that has lost its place waits as any other', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const place = limiter.keepPlace('kept')
    const other = queue(limiter, order, 'other')
    place.release()
    await settle()
    expect(order).toEqual(['other'])
    const late = limiter.request('person', { sessionId: 'kept' })
    const turn = vi.fn()
    late.turn.then(turn, () => undefined)
    await settle()
    expect(turn).not.toHaveBeenCalled()
    for (const ticket of [other, late]) ticket.release()
  })

  it('keeps no more places than dials may start in a second; each dial counts when it starts, before all others', async () => {
    const limiter = new DialLimiter({ concurrency: 20, perSecond: 2 })
    const order: string[] = []
    const places = ['a', 'b', 'c'].map((sessionId) => limiter.keepPlace(sessionId))
    const kept: number[] = []
    for (const [index, { turn }] of places.entries()) void turn.then(() => kept.push(index))
    await settle()
    expect(kept).toEqual([0, 1])
    const persons = [queue(limiter, order, 'first', 'person'), queue(limiter, order, 'second', 'person'), queue(limiter, order, 'third', 'person')]
    await settle()
    expect(order).toEqual(['first', 'second'])
    const dial = limiter.request('bulk', { sessionId: 'a' })
    void dial.turn.then(() => order.push('a'))
    await vi.advanceTimersByTimeAsync(1000)
    expect({ order, kept }).toEqual({ order: ['first', 'second', 'a', 'third'], kept: [0, 1, 2] })
    for (const ticket of [...persons, dial, ...places]) ticket.release()
    await settle()
  })

  it('what a person waits for goes before polls, polls before reconnects, those before bulk work, and each in its order', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const tickets = [queue(limiter, order, 'first')]
    for (const priority of ['bulk', 'reconnect', 'poll', 'person', 'bulk', 'reconnect', 'poll', 'person'] as const)
      tickets.push(queue(limiter, order, `${priority} ${tickets.length}`, priority))
    for (let turn = 0; turn < tickets.length; turn += 1) {
      await settle()
      const name = order.at(-1) ?? ''
      tickets[name === 'first' ? 0 : Number(name.split(' ')[1])]?.release()
    }
    expect(order).toEqual(['first', 'person 4', 'person 8', 'poll 3', 'poll 7', 'reconnect 2', 'reconnect 6', 'bulk 1', 'bulk 5'])
  })

  it('a promoted ticket goes ahead, and is never sent back', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const [first, slow, urgent] = [queue(limiter, order, 'first'), queue(limiter, order, 'reconnect', 'reconnect'), queue(limiter, order, 'bulk')]
    urgent.promote('person')
    urgent.promote('bulk')
    first.release()
    await settle()
    urgent.release()
    await settle()
    expect(order).toEqual(['first', 'bulk', 'reconnect'])
    slow.promote('person')
    slow.release()
  })

  it('starts no more than so many within any second, however short they are', async () => {
    const limiter = new DialLimiter({ concurrency: 100, perSecond: 3 })
    const starts: number[] = []
    for (let index = 0; index < 10; index += 1) {
      const ticket = limiter.request('bulk')
      void ticket.turn.then(() => {
        starts.push(Date.now())
        ticket.release()
      })
    }
    await vi.advanceTimersByTimeAsync(10_000)
    expect(starts).toHaveLength(10)
    for (const start of starts) expect(starts.filter((other) => other >= start && other < start + 1000).length).toBeLessThanOrEqual(3)
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeLessThan(3500)
  })

  it('counts a dial within its second also after it has ended', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 1 })
    const order: string[] = []
    const first = queue(limiter, order, 'a')
    await settle()
    first.release()
    const second = queue(limiter, order, 'b')
    await vi.advanceTimersByTimeAsync(999)
    expect(order).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    expect(order).toEqual(['a', 'b'])
    second.release()
  })

  it('a ticket given back before its turn is called off, and leaves no timer', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 1 })
    const order: string[] = []
    const first = queue(limiter, order, 'a')
    await settle()
    first.release()
    const second = limiter.request('person')
    expect(vi.getTimerCount()).toBe(1)
    second.release()
    second.release()
    await expect(second.turn).rejects.toMatchObject({ name: 'AbortError' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a ticket given back twice frees one place', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const first = queue(limiter, order, 'a')
    const others = ['b', 'c'].map((name) => queue(limiter, order, name))
    await settle()
    first.release()
    first.release()
    await settle()
    expect(order).toEqual(['a', 'b'])
    for (const ticket of others) ticket.release()
    await settle()
  })

  it('a ticket that stands aside gives its place to others, and goes before later ones once it is back', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const [first, second, third] = [queue(limiter, order, 'a'), queue(limiter, order, 'b'), queue(limiter, order, 'c')]
    await settle()
    const errand = deferred()
    void first.standAside(errand.promise).then(() => order.push('a again'))
    await settle()
    expect(order).toEqual(['a', 'b'])
    errand.resolve()
    await settle()
    expect(order).toEqual(['a', 'b'])
    second.release()
    await settle()
    expect(order).toEqual(['a', 'b', 'a again'])
    first.release()
    await settle()
    expect(order).toEqual(['a', 'b', 'a again', 'c'])
    third.release()
  })

  it.each(['while it stands aside', 'while it waits to come back'])('a ticket given back %s is called off, and frees no place', async (when) => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 100 })
    const order: string[] = []
    const [first, ...others] = ['a', 'b', 'c'].map((name) => queue(limiter, order, name))
    await settle()
    const errand = deferred()
    const aside = first?.standAside(errand.promise)
    const calledOff = expect(aside).rejects.toMatchObject({ name: 'AbortError' })
    if (when === 'while it waits to come back') errand.resolve()
    await settle()
    first?.release()
    errand.resolve()
    await calledOff
    expect(order).toEqual(['a', 'b'])
    for (const ticket of others) ticket.release()
    await settle()
  })

  it('keeps a quarter of the places from bulk work, for persons, polls and reconnects', async () => {
    const limiter = new DialLimiter({ concurrency: 8, perSecond: 100 })
    const order: string[] = []
    const tickets = Array.from({ length: 8 }, (_, index) => queue(limiter, order, `bulk ${index}`))
    await settle()
    expect(order).toHaveLength(6)
    for (const priority of ['reconnect', 'person'] as const) tickets.push(queue(limiter, order, priority, priority))
    await settle()
    expect(order.slice(6)).toEqual(['reconnect', 'person'])
    for (const ticket of tickets) ticket.release()
    await settle()
  })

  it('gives a ticket that is promoted a place that was kept from it', async () => {
    const limiter = new DialLimiter({ concurrency: 4, perSecond: 100 })
    const order: string[] = []
    const tickets = ['a', 'b', 'c', 'd'].map((name) => queue(limiter, order, name))
    await settle()
    expect(order).toEqual(['a', 'b', 'c'])
    tickets[3]?.promote('person')
    await settle()
    expect(order).toEqual(['a', 'b', 'c', 'd'])
    for (const ticket of tickets) ticket.release()
    await settle()
  })

  it('keeps half of the places from sessions whose last dial was not answered, however urgent they are', async () => {
    const limiter = new DialLimiter({ concurrency: 8, perSecond: 100 })
    const order: string[] = []
    const hanging = Array.from({ length: 8 }, () => limiter.request('person', { mayHang: true }))
    for (const [index, { turn }] of hanging.entries())
      turn.then(
        () => order.push(`hanging ${index}`),
        () => undefined,
      )
    await settle()
    expect(order).toEqual(['hanging 0', 'hanging 1', 'hanging 2', 'hanging 3'])
    const healthy = ['bulk', 'reconnect', 'person', 'poll'] as const
    const tickets = healthy.map((priority) => queue(limiter, order, priority, priority))
    await settle()
    // Of the other half bulk work has one part.
    expect(order.slice(4)).toEqual(['bulk', 'reconnect', 'person', 'poll'])
    hanging[0]?.release()
    await settle()
    expect(order.at(-1)).toBe('hanging 4')
    for (const ticket of [...hanging, ...tickets]) ticket.release()
    await settle()
  })

  it('counts a dial once within a second, though it stood aside meanwhile', async () => {
    const limiter = new DialLimiter({ concurrency: 2, perSecond: 1 })
    const order: string[] = []
    const [first, second] = [queue(limiter, order, 'a'), queue(limiter, order, 'b')]
    await settle()
    void first.standAside(Promise.resolve('errand')).then((result) => order.push(`a with its ${result}`))
    await settle()
    expect(order).toEqual(['a', 'a with its errand'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(order.at(-1)).toBe('b')
    for (const ticket of [first, second]) ticket.release()
  })

  it('keeps no timer while all places are taken', async () => {
    const limiter = new DialLimiter({ concurrency: 1, perSecond: 1 })
    const [first, second] = [limiter.request('bulk'), limiter.request('bulk')]
    await settle()
    expect(vi.getTimerCount()).toBe(0)
    second.release()
    first.release()
  })

  it('is not held up by a clock that is set back', async () => {
    const limiter = new DialLimiter({ concurrency: 10, perSecond: 1 })
    const order: string[] = []
    const tickets = [queue(limiter, order, 'a')]
    await settle()
    vi.setSystemTime(Date.now() - 3_600_000)
    tickets.push(queue(limiter, order, 'b'))
    await vi.advanceTimersByTimeAsync(1000)
    expect(order).toEqual(['a', 'b'])
    for (const ticket of tickets) ticket.release()
  })
})
