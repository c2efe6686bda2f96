import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { INVARIANTS, listTestFiles, readInvariantTests } from './invariant-tests.js'
import { readPage } from './markdown.js'

const page = readPage('docs/guarantees.md')
const tests = readInvariantTests()

describe('docs/guarantees.md', () => {
  const sections = [...page.text.matchAll(/^## (\d+)\. .+\n\n> (.+)\n\n([^]*?)(?=^## )/gmu)].map(([, number, wording = '', text = '']) => ({
    number: Number(number),
    wording,
    text,
  }))

  it('has a section for each invariant, which says what it means and where it ends, and leads to its tests', () => {
    expect(sections.map(({ number }) => number)).toEqual(INVARIANTS)
    expect(sections.filter(({ number, text }) => !text.includes('*Limits.* ') || !text.includes(`[Its tests](#tests-of-invariant-${number})`))).toEqual([])
  })

  it('is the only page with the wording', () => {
    const { text } = readPage('docs/architecture.md')
    expect(sections.filter(({ wording }) => text.includes(wording))).toEqual([])
    expect(text).toContain('(guarantees.md)')
  })

  it('names a test for each', () => {
    expect(INVARIANTS.filter((number) => !tests.some(({ invariants }) => invariants.includes(number)))).toEqual([])
  })

  it('is named by tests with numbers that are there', () => {
    expect(tests.filter(({ invariants }) => invariants.some((number) => !INVARIANTS.includes(number)))).toEqual([])
  })

  // A second look at the source, by its text alone: what no reading of the code may lose.
  it.each(listTestFiles().filter((file) => !file.startsWith('test/docs/')))('misses nothing that %s says of an invariant', (file) => {
    const said = [...readFileSync(file, 'utf8').matchAll(/(?<=['"`])invariants? ((?:\d+, )*\d+):/giu)].flatMap(([, list = '']) => list.split(', ').map(Number))
    const listed = new Set(tests.filter((test) => test.file === file).flatMap(({ invariants }) => invariants))
    expect(said.filter((number) => !listed.has(number))).toEqual([])
  })
})
