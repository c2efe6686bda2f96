// @module-tag full

import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'

const BAILEYS = resolve('node_modules/@whiskeysockets/baileys')

/** A project that has Baileys under both of its names: the same code, in two places. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  for (const name of readdirSync('node_modules')) if (name !== 'baileys') symlinkSync(resolve('node_modules', name), join(packages, name))
  for (const part of ['lib', 'WAProto']) cpSync(join(BAILEYS, part), join(packages, 'baileys', part), { recursive: true })
  const manifest = JSON.parse(readFileSync(join(BAILEYS, 'package.json'), 'utf8')) as object
  writeFileSync(join(packages, 'baileys', 'package.json'), JSON.stringify({ ...manifest, name: 'baileys' }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** What TypeScript finds wrong, by file. */
function problemsIn(folder: string, names: readonly string[]): Record<string, string[]> {
  const program = ts.createProgram(
    names.map((name) => join(folder, name)),
    {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
      paths: { 'baileys-sessions': [resolve('src/index.ts')] },
    },
  )
  return Object.fromEntries(
    names.map((name) => {
      const found = program.getSemanticDiagnostics(program.getSourceFile(join(folder, name)))
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n').split('\n')[0] ?? '')]
    }),
  )
}

const MANAGER = `import { MemorySessionStore, SessionManager, type BaileysModule } from 'baileys-sessions'\n`

it('the module of either package is what a manager takes, without a cast', () => {
  const files = {
    'scoped.mts': `${MANAGER}import * as baileys from '@whiskeysockets/baileys'\nnew SessionManager({ store: new MemorySessionStore(), baileys })\n`,
    'plain.mts': `${MANAGER}import * as baileys from 'baileys'\nnew SessionManager({ store: new MemorySessionStore(), baileys })\n`,
    // Else the two were one for TypeScript, and this would prove nothing.
    'same.mts': `${MANAGER}import * as baileys from 'baileys'\nexport const module: BaileysModule = baileys\n`,
    'other.mts': `${MANAGER}import * as baileys from 'pino'\nnew SessionManager({ store: new MemorySessionStore(), baileys })\n`,
    // A module of one's own is still told what its function is called with.
    'own.mts': `${MANAGER}new SessionManager({ store: new MemorySessionStore(), baileys: { ...(await import('@whiskeysockets/baileys')), makeWASocket: (config) => { throw new Error(String(config.version)) } } })\n`,
    'half.mts': `${MANAGER}import { initAuthCreds, proto } from 'baileys'\nnew SessionManager({ store: new MemorySessionStore(), baileys: { initAuthCreds, proto } })\n`,
  }
  const problems = problemsIn(project(files), Object.keys(files))
  expect([problems['scoped.mts'], problems['plain.mts'], problems['own.mts']]).toEqual([[], [], []])
  for (const refused of ['same.mts', 'other.mts', 'half.mts']) expect(problems[refused], refused).toHaveLength(1)
})
