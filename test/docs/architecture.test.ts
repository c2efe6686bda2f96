import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Phase } from '../../src/session/session-state.js'
import { readImports } from '../package/source-imports.js'
import { exploreMachine, type Edge } from './explore-machine.js'
import { codeBlocksOf, codeIn, readPage, tableOf } from './markdown.js'

const page = readPage('docs/architecture.md')
const PHASES: readonly Phase[] = ['idle', 'standby', 'loading', 'dialing', 'pairing', 'settling', 'connected', 'waiting']

describe('docs/architecture.md', () => {
  const { edges, standings } = exploreMachine()

  it('draws the table of transitions', () => {
    const diagram = codeBlocksOf(page).find(({ language }) => language === 'mermaid')
    expect(diagram?.code).toBe(drawDiagram(edges))
  })

  it('tells which status each phase shows', () => {
    const { rows } = tableOf(page, 'phase', 'what it does', 'status')
    const told = rows.map(([phase = '', , status = '']) => [codeIn(phase)[0], codeIn(status).sort()])
    const shown = PHASES.map(phase => [phase, [...new Set(standings.filter(standing => standing.phase === phase).map(({ status }) => status))].sort()])
    expect(told).toEqual(shown)
  })

  it('names every folder of the source', () => {
    const { rows } = tableOf(page, 'folder', 'what is in it')
    const folders = readdirSync('src', { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name)
    expect(rows.flatMap(([folder = '']) => codeIn(folder)).filter(folder => !folder.includes('/')).sort()).toEqual(folders.sort())
  })

  it('orders the folders so that imports go down', () => {
    const { rows } = tableOf(page, 'folder', 'what is in it')
    const heights = new Map(rows.flatMap(([folders = ''], index) => codeIn(folders).map(folder => [folder, index] as const)))
    const upwards = readImports().filter(({ isLocal }) => isLocal)
      .map(({ from, to }) => [from.split('/')[0] ?? '', to.split('/')[0] ?? ''] as const)
      .filter(([from, to]) => (heights.get(from) ?? 0) > (heights.get(to) ?? Infinity))
      .map(names => names.join(' -> '))
    expect([...new Set(upwards)]).toEqual(['status -> disconnect'])
  })

  it('counts the invariants from 1 to 15', () => {
    const [, list = ''] = /## What always holds\n([^]*?)\n## /u.exec(page.text) ?? []
    expect([...list.matchAll(/^(\d+)\. /gmu)].map(([, number]) => Number(number))).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
  })
})

/** The ways from phase to phase, one line for each pair, with the events that lead there. */
function drawDiagram(edges: readonly Edge[]): string {
  const lines = PHASES.flatMap(from => PHASES.flatMap((to) => {
    const events = edges.filter(edge => edge.from === from && edge.to === to).map(({ event }) => event).sort()
    return events.length === 0 ? [] : [`  ${from} --> ${to} : ${events.join(', ')}`]
  }))
  return ['stateDiagram-v2', '  [*] --> idle', ...lines, ''].join('\n')
}
