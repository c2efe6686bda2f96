import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { invariantTestsIn } from './invariant-tests.js'

const found = (code: string): string[] => invariantTestsIn('a.test.ts', code).map(({ title, invariants }) => `${invariants.join(' ')} | ${title}`)

describe('the tests that show an invariant', () => {
  it.each([
    ['a plain title', `it('invariant 4: is quiet', work)`, ['4 | invariant 4: is quiet']],
    ['several numbers', `test("invariants 1, 2 and 10: hold", work)`, ['1 2 10 | invariants 1, 2 and 10: hold']],
    ['a range', `it('invariants 1-3, 14: hold', work)`, ['1 2 3 14 | invariants 1-3, 14: hold']],
    ['a range in words', `it('keeps invariants 1 to 3 in 20,000 steps', work)`, ['1 2 3 | keeps invariants 1 to 3 in 20,000 steps']],
    ['a number of the text after it', `it('invariant 8: 1,000 calls', work)`, ['8 | invariant 8: 1,000 calls']],
    ['a table', `it.each([['a', 1]])('invariant 7: %s waits', work)`, ['7 | invariant 7: %s waits']],
    ['a table in a template', 'it.each`a\n${1}`(`invariant 7: $a waits`, work)', ['7 | invariant 7: $a waits']],
    ['a template', 'it(`invariant 1: ${STEPS} steps of ${count()} never fail`, work)', ['1 | invariant 1: ${STEPS} steps of ${count()} never fail']],
    ['a text in two parts', `it('invariant 1: one ' + 'socket', work)`, ['1 | invariant 1: one socket']],
    [
      'a table that says the number',
      `it.each([{ invariant: 2, what: 'it stays' }, { invariant: 3, what: f() }])('invariant $invariant: $what', work)`,
      ['2 | invariant 2: it stays', '3 | invariant 3: $what'],
    ],
    [
      'a constant table',
      `const MUTANTS: readonly Mutant[] = [{ invariant: 2 }, { invariant: 'none' }]; it.each(MUTANTS)('sees invariant $invariant', work)`,
      ['2 | sees invariant 2'],
    ],
    ['a condition', `it.skipIf(isWindows)('invariant 14: case', work)`, ['14 | invariant 14: case']],
    ['options before the work', `it('invariant 14: case', { timeout: 1 }, work)`, ['14 | invariant 14: case']],
    ['a loop', `for (const id of IDS) { it('invariant 14: ' + id, work) }`, ['14 | invariant 14: ${id}']],
  ])('are found by %s', (_name, code, titles) => {
    expect(found(code)).toEqual(titles)
  })

  it('belong to the group around them, unless their own title names others', () => {
    expect(
      found(
        `describe('invariant 2: stays', () => { describe('later', () => { it('is kept', work); it('invariant 3: is new', work) }) }); it('is alone', work)`,
      ),
    ).toEqual(['2 | is kept', '3 | invariant 3: is new'])
    expect(found('describe("invariants 1-2, each by its mutant", () => { it.each(MUTANTS)("invariant $number: $name", work) })')).toEqual([
      '1 2 | invariant $number: $name',
    ])
  })

  it('are none that are not run, and no other calls', () => {
    expect(
      found(
        `it.skip('invariant 1: a', work); describe.skip('invariant 1', () => { it('a', work) }); it.todo('invariant 1: b', work); log('invariant 1: c', work); it('a', () => { expect(f('invariant 1: d', 1)) })`,
      ),
    ).toEqual([])
  })

  it('may have their numbers in a table of another file', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'table.ts'), `export const TABLE = [{ number: 5, name: 'a' }, { number: 6, name: 'b' }]`)
    const code = `import { type Row, TABLE } from './table.js'; it.each(TABLE)('invariant $number: $name', work)`
    expect(invariantTestsIn(join(folder, 'a.test.ts'), code).map(({ title }) => title)).toEqual(['invariant 5: a', 'invariant 6: b'])
  })

  it('must say their numbers', () => {
    expect(() => found('it(`invariant ${number}: holds`, work)')).toThrow('invariant ${number}: holds')
    expect(() => found(`it.each(TABLE)('invariant $number: holds', work)`)).toThrow('a.test.ts')
  })
})
