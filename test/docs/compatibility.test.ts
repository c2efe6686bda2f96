// @module-tag full
import { readFileSync } from 'node:fs'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { readInstalledVersion } from '../../src/socket/baileys-module.js'
import { BAILEYS_FEATURES, detectFeatures } from '../support/baileys-features.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const versions = JSON.parse(readFileSync('scripts/matrix/versions.json', 'utf8')) as {
  baileys: string[]
  node: Record<string, string>
  nodeEndOfLife: Record<string, string>
  runtimes: { bun: string; deno: string }
  oldestTypeScript: string
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string }; peerDependencies: Record<string, string> }
const page = readPage('docs/compatibility.md')
const runs = tableOf(page, 'Node', 'Baileys', 'tests', 'passed', 'skipped').rows

describe('docs/compatibility.md', () => {
  it('tells of every version of the matrix, and of no other', () => {
    expect(new Set(runs.map(([, baileys]) => baileys))).toEqual(new Set(versions.baileys))
    expect(new Set(runs.map(([node]) => node))).toEqual(new Set(Object.values(versions.node)))
    for (const row of runs) expect(Number(row[3]), row.join(' ')).toBeGreaterThan(100)
  })

  it('has what was read of the branch that comes next, as the matrix writes it', () => {
    const source = readFileSync('scripts/matrix/upcoming-baileys.mjs', 'utf8')
    const commit = /commit `([\da-f]{7,})`/u.exec(source)?.[1] ?? 'none'
    expect(page.text).toContain(`at commit \`${commit}\``)
    const told = tableOf(page, 'there', 'what it means here').rows.flat()
    expect(told.length).toBeGreaterThan(10)
    for (const cell of told) expect(source.replaceAll("\\'", "'"), cell).toContain(cell)
  })

  it('tells of Bun and Deno, and of each case with a session that was tried there', () => {
    const { rows } = tableOf(page, 'runtime', 'cases of the contracts', 'with sessions', 'failed')
    const cases = [...readFileSync('scripts/matrix/runtimes/sessions.mjs', 'utf8').matchAll(/^ {2}'(.+)': /gmu)].map(([, name]) => name)
    expect(cases.length).toBeGreaterThan(11)
    expect(rows.map(([runtime]) => runtime)).toEqual([`Bun ${versions.runtimes.bun}`, `Deno ${versions.runtimes.deno}`])
    for (const [, contracts, sessions, failed] of rows) expect([Number(contracts) > 200, sessions, failed]).toEqual([true, String(cases.length), '0'])
    expect(page.text).toContain(`A session ${cases.join('; ')}.`)
  })

  it('says of every Node when it ends, and that it is supported a year longer', () => {
    expect(Object.keys(versions.nodeEndOfLife)).toEqual(Object.keys(versions.node))
    const told = tableOf(page, 'Node', 'its end of life', 'supported here until').rows
    const aYearAfter = (date: string): string => `${Number(date.slice(0, 4)) + 1}${date.slice(4)}`
    expect(told).toEqual(Object.entries(versions.nodeEndOfLife).map(([node, date]) => [node, date, aYearAfter(date)]))
  })

  it('names the oldest TypeScript that the packed types are compiled with, as the README does', () => {
    const oldest = versions.oldestTypeScript.split('.').slice(0, 2).join('.')
    for (const { text } of [page, readPage('README.md')]) expect(text).toContain(`TypeScript ${oldest} or later`)
  })

  it('says of the Baileys that is installed what is found out now', async () => {
    const version = await readInstalledVersion()
    const column = 1 + versions.baileys.indexOf(version ?? '')
    expect(column).toBeGreaterThan(0)
    const told = tableOf(page, 'feature', ...versions.baileys).rows.map((cells) => [codeIn(cells[0] ?? '')[0], cells[column]])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(Object.entries(await detectFeatures()).map(([name, has]) => [name, has ? 'yes' : 'no'])))
  })

  it.each(Object.entries(BAILEYS_FEATURES))('says what %s is, and what it means without', (name, { what, without }) => {
    expect(page.text).toContain(`\`${name}\`: ${what}`)
    expect(page.text).toContain(`\`${name}\`: ${without}`)
  })
})

describe('the versions of the matrix', () => {
  it('are supported', () => {
    const { '@whiskeysockets/baileys': range = '' } = manifest.peerDependencies
    expect(versions.baileys.filter((version) => !semver.satisfies(version, range))).toEqual([])
    expect(Object.values(versions.node).filter((version) => !semver.satisfies(version, manifest.engines.node))).toEqual([])
  })
})
