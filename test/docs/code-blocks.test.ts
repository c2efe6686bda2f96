import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import entries from '../../entries.json' with { type: 'json' }
import { temporaryFolder } from '../support/temporary-folder.js'
import { codeBlocksOf, readPage } from './markdown.js'

/** What these pages show are files of an example, which is compiled and run as a whole. */
const OF_EXAMPLES = ['frameworks', 'observability', 'testing-your-application', 'writing-a-store'].map((name) => `docs/${name}.md`)

const PAGES = ['README.md', 'SECURITY.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : []))].filter(
  (page) => !OF_EXAMPLES.includes(page),
)

/** As a user has it: strict, and the names of this package lead to its source. */
const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  typeRoots: [resolve('node_modules/@types')],
  paths: Object.fromEntries(Object.entries(entries).map(([subpath, source]) => [`baileys-sessions${subpath.slice(1)}`, [resolve(source)]])),
}

it('compiles every block of TypeScript', () => {
  const folder = temporaryFolder()
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  const put = (name: string, code: string): string => {
    const file = join(folder, name)
    writeFileSync(file, code)
    return file
  }
  // The pages say that `sessions` is the manager of the first block, and `server` the loopback server.
  const globals = put(
    'globals.d.mts',
    `import type { SessionManager } from 'baileys-sessions'
    import type { WhatsAppServer } from 'baileys-sessions/testing'
    declare global { const sessions: SessionManager; const server: WhatsAppServer }`,
  )
  const blocks = PAGES.map(readPage).flatMap((page) =>
    codeBlocksOf(page)
      .filter(({ language }) => language === 'ts')
      .map(({ code, line }) => put(`${page.file.replaceAll(/\W/gu, '-')}-line-${line}.mts`, code)),
  )
  expect(blocks.length).toBeGreaterThan(9)

  const program = ts.createProgram([globals, ...blocks], OPTIONS)
  const problems = [...blocks, globals].flatMap((file) => {
    const source = program.getSourceFile(file)
    if (source === undefined) return [`${file} is not there`]
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((diagnostic) => describe(file, diagnostic))
  })
  expect(problems).toEqual([])
  expect(program.getOptionsDiagnostics().map((diagnostic) => describe('options', diagnostic))).toEqual([])
})

function describe(file: string, { messageText, start, file: source }: ts.Diagnostic): string {
  const line = source === undefined || start === undefined ? 0 : source.getLineAndCharacterOfPosition(start).line + 1
  return `${file}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
}
