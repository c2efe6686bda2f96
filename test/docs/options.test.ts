import { describe, expect, it } from 'vitest'
import { DEFAULT_SESSION_MANAGER_OPTIONS } from '../../src/index.js'
import { membersOf } from './declarations.js'
import { codeIn, readPage, tableOf } from './markdown.js'

describe('docs/options.md', () => {
  const { rows } = tableOf(readPage('docs/options.md'), 'option', 'default', 'meaning')
  const defaults = new Map<string | undefined, unknown>(Object.entries(DEFAULT_SESSION_MANAGER_OPTIONS))

  it('has every option, in order', () => {
    expect(rows.map(([option = '']) => codeIn(option)[0])).toEqual(membersOf('src/manager/session-manager-options.ts', 'SessionManagerOptions'))
  })

  it('tells the defaults', () => {
    const told = rows.map(([option = '', text = '']) => [codeIn(option)[0], codeIn(text)[0]] as const).filter(([option]) => defaults.has(option))
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries([...defaults].map(([option, value]) => [option, format(value)])))
  })
})

function format(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${format(inner)}`)
    .join(', ')} }`
}
