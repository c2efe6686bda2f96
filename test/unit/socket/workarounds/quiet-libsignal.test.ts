import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { quietLibsignal } from '../../../../src/index.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

/** A module that prints with every method, at this place. */
async function printerAt(...place: string[]): Promise<{ print(text: string): void; call(listener: () => void): void }> {
  const folder = join(temporaryFolder(), ...place)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'print.mjs')
  writeFileSync(
    file,
    `export const print = text => { for (const method of ${JSON.stringify(METHODS)}) console[method](text) }\nexport const call = listener => { listener() }\n`,
  )
  // This module was just written.
  return (await import(pathToFileURL(file).href)) as { print(text: string): void; call(listener: () => void): void }
}

const LIBSIGNAL = ['node_modules', 'libsignal', 'src']

type Print = (text: string) => void

let printed: string[]
/** Stands in for the console. */
let page: Record<string, Print>
beforeEach(() => {
  printed = []
  const print: Print = (text) => {
    printed.push(text)
  }
  page = Object.fromEntries(METHODS.map((method) => [method, print]))
  vi.stubGlobal('console', page)
  return () => {
    vi.unstubAllGlobals()
  }
})

describe('quietLibsignal', () => {
  it('keeps what the real libsignal prints off the console, until it is undone', () => {
    const script = fileURLToPath(new URL('quiet-libsignal-child.ts', import.meta.url))
    const output = execFileSync(process.execPath, ['--import', 'tsx', script], { encoding: 'utf8' })
    const [before = '', loud = '', quiet = '', undone = ''] = output.split(/^[A-Z]+\n/mu)
    expect(before).toBe('')
    for (const text of [loud, undone]) expect(text).toMatch(/Closing session:[^]*privKey: <Buffer/u)
    expect(quiet).toBe('')
  })

  it.each([LIBSIGNAL, ['node_modules', '.pnpm', 'libsignal@6.0.0', ...LIBSIGNAL], ['node_modules', '@whiskeysockets', 'libsignal-node', 'src']])(
    'drops what is called from %s %s',
    async (...place) => {
      const { print } = await printerAt(...place)
      print('before')
      const undo = quietLibsignal()
      print('during')
      undo()
      print('after')
      expect(new Set(printed)).toEqual(new Set(['before', 'after']))
      expect(printed).toHaveLength(2 * METHODS.length)
    },
  )

  it('leaves everybody else alone, also what an application prints while libsignal calls it', async () => {
    const [{ call }, application] = [await printerAt(...LIBSIGNAL), await printerAt('libsignal', 'src')]
    quietLibsignal()
    application.print('application')
    call(() => {
      application.print('callback')
    })
    expect(printed).toEqual([...METHODS.map(() => 'application'), ...METHODS.map(() => 'callback')])
  })

  it('may be asked for more than once, and ends with the last one', async () => {
    const { print } = await printerAt(...LIBSIGNAL)
    const plain = { ...page }
    const [first, second] = [quietLibsignal(), quietLibsignal()]
    first()
    first()
    print('still quiet')
    expect(printed).toEqual([])
    second()
    expect(page).toEqual(plain)
    print('loud')
    expect(printed).toHaveLength(METHODS.length)
  })

  it('lets others replace the console meanwhile, and leaves theirs in place', async () => {
    const { print } = await printerAt(...LIBSIGNAL)
    const undo = quietLibsignal()
    const quiet = page['log']
    const theirs: Print = (text) => {
      quiet?.(`theirs: ${text}`)
    }
    page['log'] = theirs
    undo()
    expect(page['log']).toBe(theirs)
    print('text')
    expect(printed).toContain('theirs: text')
    quietLibsignal()
    printed = []
    print('text')
    expect(printed).toEqual([])
  })
})
