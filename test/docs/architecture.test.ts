import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listSources, readImports } from '../package/source-imports.js'
import { exploreMachine } from './explore-machine.js'
import { codeBlocksOf, codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/architecture.md')

describe('docs/architecture.md', () => {
  const { edges } = exploreMachine()

  it('draws every phase that the machine comes to', () => {
    const diagram = codeBlocksOf(page).find(({ language }) => language === 'mermaid')
    const drawn = new Set(diagram?.code.match(/\w+(?= -->| :)/gu))
    expect([...drawn].sort()).toEqual([...new Set(edges.flatMap(({ from, to }) => [from, to]))].sort())
  })

  it('names every file that sets a global, and the global', () => {
    const files = listSources().filter((file) => /\bglobalThis\.\w+ = |\bsyncBuiltinESMExports\b/u.test(readFileSync(`src/${file}.ts`, 'utf8')))
    expect(files.filter((file) => !page.text.includes(`src/${file}.ts`))).toEqual([])
    expect(page.text).toContain('the only two places that touch a global of the process: `setTimeout`')
  })

  it('names files that are there, on the way from a call to the disk', () => {
    const named = tableOf(page, 'what happens', 'where').rows.flatMap(([, where = '']) => codeIn(where))
    expect(named.length).toBeGreaterThan(20)
    const files = [...listSources(), ...listSources().map((file) => basename(file))]
    expect(named.filter((file) => !files.includes(file.replace(/\.ts$/u, '')))).toEqual([])
  })

  it('names every folder of the source', () => {
    const { rows } = tableOf(page, 'folder', 'what is in it')
    const folders = readdirSync('src', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    expect(
      rows
        .flatMap(([folder = '']) => codeIn(folder))
        .filter((folder) => !folder.includes('/'))
        .sort(),
    ).toEqual(folders.sort())
  })

  it('orders the folders so that imports go down', () => {
    const { rows } = tableOf(page, 'folder', 'what is in it')
    const heights = new Map(rows.flatMap(([folders = ''], index) => codeIn(folders).map((folder) => [folder, index] as const)))
    const upwards = readImports()
      .filter(({ isLocal }) => isLocal)
      .map(({ from, to }) => [from.split('/')[0] ?? '', to.split('/')[0] ?? ''] as const)
      .filter(([from, to]) => (heights.get(from) ?? 0) > (heights.get(to) ?? Infinity))
      .map((names) => names.join(' -> '))
    expect([...new Set(upwards)].sort()).toEqual(['auth -> socket', 'status -> disconnect'])
  })
})
