import { describe, expect, it } from 'vitest'
import { Expectation } from './expectation.js'
import type { Found, FoundPart, Part } from './protocol.js'

const whole = (version: number): FoundPart => ({ kind: 'whole', version })

function found(creds: FoundPart, batch: FoundPart = whole(0), identity = 'us'): Found {
  return { creds, batches: [batch], identity: creds.kind === 'whole' && creds.version > 0 ? identity : null }
}

function told(...lines: readonly (readonly ['begun' | 'done', Part, number])[]): Expectation {
  const expectation = new Expectation()
  for (const [kind, part, version] of lines) expectation.take({ kind, part, version, ...(part === 'creds' ? { identity: 'us' } : {}) })
  return expectation
}

const kinds = (expectation: Expectation, what: Found): string[] => expectation.judge(what).map(({ kind }) => kind)

describe('what the next process may find', () => {
  it('is the value acknowledged last, or one begun since', () => {
    const write = (): Expectation => told(['begun', 'creds', 1], ['done', 'creds', 1], ['begun', 'creds', 2])
    expect([1, 2].map((version) => kinds(write(), found(whole(version))))).toEqual([[], []])
    expect(write().isInWrite).toBe(true)
    expect(told(['begun', 0, 1], ['done', 0, 1]).isInWrite).toBe(false)
  })

  it('is nothing, as long as nothing was acknowledged', () => {
    expect(kinds(told(['begun', 'creds', 1]), found(whole(0)))).toEqual([])
  })

  it('is what was found before, from then on', () => {
    const expectation = told(['begun', 'creds', 1], ['done', 'creds', 1], ['begun', 'creds', 2])
    expect(kinds(expectation, found(whole(2)))).toEqual([])
    expect(kinds(expectation, found(whole(1)))).toEqual(['lost'])
  })

  it('is not an older value, nor nothing, nor one that nobody wrote', () => {
    const write = (): Expectation =>
      told(['begun', 'creds', 1], ['done', 'creds', 1], ['begun', 'creds', 2], ['done', 'creds', 2], ['begun', 0, 3], ['done', 0, 3])
    expect(kinds(write(), found(whole(1), whole(3)))).toEqual(['lost'])
    expect(kinds(write(), found(whole(0), whole(3)))).toEqual(['lost'])
    expect(kinds(write(), found(whole(2), whole(0)))).toEqual(['lost'])
    expect(kinds(write(), found(whole(9), whole(3)))).toEqual(['torn'])
  })

  it('is not a part of a value', () => {
    const torn: FoundPart = { kind: 'torn', problem: 'half of it is missing' }
    expect(
      told(['begun', 'creds', 1])
        .judge(found(torn, torn))
        .map(({ text }) => text),
    ).toEqual(['creds: half of it is missing', 'batch 0: half of it is missing'])
  })

  it('is not a new identity', () => {
    expect(kinds(told(['begun', 'creds', 1], ['done', 'creds', 1]), found(whole(1), whole(0), 'somebody else'))).toEqual(['lost'])
  })

  it('leads to numbers that nobody has used', () => {
    expect([told().nextVersion, told(['begun', 'creds', 4], ['begun', 0, 7]).nextVersion]).toEqual([1, 8])
  })
})
