import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listSources } from '../package/source-imports.js'
import { listPages } from './generated-parts.js'
import { anchorsOf, codeBlocksOf, localLinksOf, readPage } from './markdown.js'

const readme = readPage('README.md')
const blocks = codeBlocksOf(readme)
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string>; devDependencies: Record<string, string> }

describe('the README', () => {
  it('has at most 200 lines, and no table: those are in the docs', () => {
    expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(200)
    expect(readme.text).not.toMatch(/^\|/mu)
  })

  it('says on its first screen what it is, in the words that people search for, and shows it', () => {
    const firstScreen = readme.text.slice(0, readme.text.indexOf('\n## '))
    for (const words of [
      'Baileys',
      'WhatsApp',
      'multi-tenant',
      '`useMultiFileAuthState` in production',
      'QR again after a restart',
      'session is lost',
      "Couldn't link device",
    ])
      expect(firstScreen).toContain(words)
    const [, picture = ''] = /^!\[.+\]\((.+)\)$/mu.exec(firstScreen) ?? []
    expect(existsSync(picture)).toBe(true)
  })

  it('shows the two commands that CI runs as they stand: one for the demo, one for the tests', () => {
    const commands = [...readFileSync('.ci/run', 'utf8').matchAll(/^step bash -c '(npm ci && .+)'$/gmu)].map(([, command = '']) => command)
    expect(commands).toHaveLength(2)
    const shown = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split('\n'))
      .map((line) => line.split('  ')[0]?.trim())
    expect(shown.filter((line) => line?.startsWith('npm ci'))).toEqual(expect.arrayContaining(commands))
  })

  it('names a command for the tests which, with another one, leaves none out; CI runs both', () => {
    expect(manifest.scripts['test']).toBe('npm run typecheck && vitest run --tags-filter=!full')
    expect(manifest.scripts['test:full']).toBe('vitest run --tags-filter=full')
    expect(readFileSync('.ci/run', 'utf8')).toContain('\nstep npm run test:full\n')
  })

  it('names commands that exist, and the version of Baileys that the tests run with', () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .map(({ code }) => code)
      .join('')
    const scripts = [...commands.matchAll(/npm run (\w+)/gu), ...commands.matchAll(/npm (test)/gu)].map(([, name = '']) => name)
    expect(scripts).toEqual(['demo', 'test'])
    expect(scripts.filter((name) => manifest.scripts[name] === undefined)).toEqual([])
    expect(commands).toContain(`npm i baileys-sessions @whiskeysockets/baileys@${manifest.devDependencies['@whiskeysockets/baileys'] ?? ''}\n`)
  })
})

it('no page and no message says to install Baileys without its version: npm would take one that is not supported', () => {
  const files = [...listPages(), ...listSources().map((name) => `src/${name}.ts`)]
  const bare = files.filter((file) => /npm (?:i|install|add) [^\n`)]*@whiskeysockets\/baileys(?!@(?:\d|\$\{))/u.test(readFileSync(file, 'utf8')))
  expect(bare).toEqual([])
})

it('leads to every page', () => {
  const linked = localLinksOf(readme).map((link) => link.split('#')[0])
  expect(listPages().filter((page) => page.startsWith('docs/') && !linked.includes(page))).toEqual([])
})

it.each(listPages())('%s links to what is there', (file) => {
  const page = readPage(file)
  const broken = localLinksOf(page).filter((link) => {
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? file : join(dirname(file), path)
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(readPage(target)).includes(anchor))
  })
  expect(broken).toEqual([])
})

it('has instructions for contributors whose commands exist', () => {
  const { text } = readPage('CONTRIBUTING.md')
  const named = [...text.matchAll(/`npm run ([\w:]+)`|^npm run ([\w:]+)/gmu)].map(([, inText = '', inBlock = '']) => inText || inBlock)
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((name) => manifest.scripts[name] === undefined)).toEqual([])
})
