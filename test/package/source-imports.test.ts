import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findCycle, readImports, type SourceImport } from './source-imports.js'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'baileys-sessions-imports-'))
  mkdirSync(join(root, 'folder'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

it('sees every way to import, and whether it is there at run time', () => {
  writeFileSync(
    join(root, 'folder', 'a.ts'),
    [
      `import type { B } from '../b.js'`,
      `import { type C } from './c.js'`,
      `export { d } from 'd'`,
      `export type E = import('e').E`,
      `export const f = () => import('f')`,
    ].join('\n'),
  )
  expect(readImports(root).map(({ to, isLocal, kind }) => [to, isLocal, kind])).toEqual([
    ['b', true, 'type'],
    // Under verbatimModuleSyntax this stays as an import of nothing.
    ['folder/c', true, 'static'],
    ['d', false, 'static'],
    ['e', false, 'type'],
    ['f', false, 'dynamic'],
  ])
})

it('finds a circle, also behind an entry that is not part of it', () => {
  const edge = (from: string, to: string): SourceImport => ({ from, to, isLocal: true, kind: 'static' })
  expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('a', 'c')])).toBeNull()
  expect(findCycle([edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('d', 'b')])).toEqual(['b', 'c', 'd', 'b'])
})
