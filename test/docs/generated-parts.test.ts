import { expect, it } from 'vitest'
import { fillIn, listGeneratedPages, partsOf } from './generated-parts.js'

const pages = listGeneratedPages()

it.each(pages)('$file holds what the code says: "npm run docs:generate" writes it', ({ text }) => {
  expect(text).toBe(fillIn(text))
})

it('knows the pages with such parts', () => {
  expect(pages.map(({ file }) => file)).toEqual(expect.arrayContaining(['docs/architecture.md', 'docs/guarantees.md', 'docs/testing-your-application.md']))
})

it('replaces a part, and nothing around it', () => {
  const text = 'before\n<!-- generated: a -->\nold\n\nold\n<!-- end of generated -->\nbetween\n<!-- generated: b -->\n<!-- end of generated -->\nafter $&\n'
  const filled = fillIn(text, (name) => `new ${name} $&`)
  expect(filled).toBe(
    'before\n<!-- generated: a -->\nnew a $&\n<!-- end of generated -->\nbetween\n<!-- generated: b -->\nnew b $&\n<!-- end of generated -->\nafter $&\n',
  )
  expect(partsOf(text)).toEqual(['a', 'b'])
  expect(() => fillIn('<!-- generated: tea -->\n<!-- end of generated -->')).toThrow('tea')
})
