import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listSources } from '../package/source-imports.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { ExampleProcess, writeExample } from './example-process.js'
import { listPages } from './generated-parts.js'
import { anchorsOf, codeBlocksOf, localLinksOf, readPage } from './markdown.js'

const readme = readPage('README.md')
const blocks = codeBlocksOf(readme)
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string>, devDependencies: Record<string, string> }

describe('the README', () => {
  it('has at most 300 lines', () => {
    expect(readme.text.trimEnd().split('\n').length).toBeLessThanOrEqual(300)
  })

  it('names commands that exist, and the version of Baileys that the tests run with', () => {
    const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code).join('')
    const scripts = [...commands.matchAll(/npm run (\w+)/gu), ...commands.matchAll(/npm (test)/gu)].map(([, name = '']) => name)
    expect(scripts).toEqual(['demo', 'test'])
    expect(scripts.filter(name => manifest.scripts[name] === undefined)).toEqual([])
    expect(commands).toContain(`npm i baileys-sessions @whiskeysockets/baileys@${manifest.devDependencies['@whiskeysockets/baileys'] ?? ''}\n`)
  })

  it('tests an application with a block that runs', async () => {
    const block = blocks.find(({ code }) => code.includes('new FakeBaileys'))
    const example = new ExampleProcess(writeExample(temporaryFolder(), 'application.test.mjs', block?.code ?? ''))
    expect({ code: await example.ended(), output: example.output, errors: example.errors }).toEqual({ code: 0, output: '', errors: '' })
  })

  it('keeps libsignal out of the logs, and nobody else', async () => {
    const block = blocks.find(({ code }) => code.includes('libsignal'))
    const folder = temporaryFolder()
    const noisy = join(folder, 'libsignal')
    mkdirSync(noisy)
    writeExample(noisy, 'session.mjs', `export const work = step => { console.info('keys'); step() }`)
    const main = [block?.code ?? '', `const { work } = await import('./libsignal/session.mjs')`, `work(() => console.log('heard'))`]
    const example = new ExampleProcess(writeExample(folder, 'main.mts', main.join('\n')))
    expect(await example.ended()).toBe(0)
    expect(example.output).toBe('heard\n')
  })
})

it('no page and no message says to install Baileys without its version: npm would take one that is not supported', () => {
  const files = [...listPages(), ...listSources().map(name => `src/${name}.ts`)]
  const bare = files.filter(file => /npm (?:i|install|add) [^\n`)]*@whiskeysockets\/baileys(?!@(?:\d|\$\{))/u.test(readFileSync(file, 'utf8')))
  expect(bare).toEqual([])
})

it('leads to every page', () => {
  const linked = localLinksOf(readme).map(link => link.split('#')[0])
  expect(listPages().filter(page => page.startsWith('docs/') && !linked.includes(page))).toEqual([])
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
