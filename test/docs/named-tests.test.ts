import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPage } from './markdown.js'

it('every test that a page names is there', () => {
  const pages = [
    'README.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ]
  const named = pages.flatMap((page) => [...readPage(page).text.matchAll(/\btest\/[\w./-]+\.test\.ts\b/gu)].map(([file]) => file))
  expect(named.length).toBeGreaterThan(50)
  expect([...new Set(named)].filter((file) => !existsSync(file))).toEqual([])
})
