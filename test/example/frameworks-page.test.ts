import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { DEFAULT_RATES } from '../../examples/express/access/rates.js'
import { SESSION_ERROR_ANSWERS } from '../../examples/express/answers/session-error-answers.js'
import { DEFAULT_STREAMS } from '../../examples/express/server-options.js'
import { ExampleProcess, writeExample } from '../docs/example-process.js'
import { codeBlocksOf, codeIn, readPage, tableOf } from '../docs/markdown.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const page = readPage('docs/frameworks.md')

/** As users of these frameworks have it: strict, with the decorators of NestJS, and the names of this package lead to its source. */
const OPTIONS: ts.CompilerOptions = {
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [resolve('node_modules/@types')],
  paths: { 'baileys-sessions': [resolve('src/index.ts')] },
}

/** What Next does: it registers, then calls handlers. */
const CALL_HANDLERS = `
process.env.NEXT_RUNTIME = 'nodejs'
const { register } = await import('./instrumentation.js')
const { GET: status } = await import('./app/api/whatsapp/status/route.js')
const { POST: connect } = await import('./app/api/whatsapp/connect/route.js')
const { GET: events } = await import('./app/api/whatsapp/events/route.js')
const { sessions } = await import('./lib/sessions.js')
const asking = (company?: string) => new Request('http://127.0.0.1/', { headers: company === undefined ? {} : { 'x-company-of-the-session': company } })
await register()
console.log((await status(asking())).status, (await connect(asking())).status)
const answer = await status(asking('acme'))
console.log(answer.status, answer.headers.get('cache-control'), await answer.text())
const stream = await events(asking('acme'))
const reader = stream.body!.getReader()
await sessions.stop('globex')
await sessions.stop('acme')
const { value } = await reader.read()
const [name, data] = new TextDecoder().decode(value).split('\\n')
console.log(stream.headers.get('content-type'), name)
console.log(data?.replace('data: ', ''))
await reader.cancel()
await sessions.close()
`

/** Saves every block under its name. */
function writeBlocks(folder: string): string[] {
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return codeBlocksOf(page).filter(({ language }) => language === 'ts').map(({ code }) => {
    const [, name = 'unnamed.ts'] = /^\/\/ (\S+\.ts)\n/u.exec(code) ?? []
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
    return file
  })
}

describe('docs/frameworks.md', () => {
  it('has blocks that compile together, each with the name of its file', () => {
    const files = writeBlocks(temporaryFolder())
    expect(new Set(files).size).toBe(7)

    const program = ts.createProgram(files, OPTIONS)
    const problems = files.flatMap(file => [...program.getSyntacticDiagnostics(program.getSourceFile(file)), ...program.getSemanticDiagnostics(program.getSourceFile(file))])
    expect(problems.map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)).toEqual([])
    expect(program.getOptionsDiagnostics()).toEqual([])
  })

  it('has route handlers for Next.js that do what they say', async () => {
    const folder = temporaryFolder()
    writeBlocks(folder)
    const main = new ExampleProcess(writeExample(folder, 'main.mts', CALL_HANDLERS))
    expect({ code: await main.ended(), errors: main.errors }).toEqual({ code: 0, errors: '' })
    expect(main.output.split('\n')).toEqual([
      '401 401',
      '200 no-store {"is_connected":false,"status":"disconnected","message":"No phone is linked yet."}',
      'text/event-stream event: status',
      '{"status":"disconnected","message":"The session was stopped."}',
      '',
    ])
  })

  it('says how each error of the library is answered', () => {
    const { rows } = tableOf(page, 'error of the library', 'HTTP', '`code`')
    const told = rows.map(([error = '', status = '', code = '']) => [codeIn(error)[0], Number(status), codeIn(code)[0]])
    expect(told.sort()).toEqual(Object.entries(SESSION_ERROR_ANSWERS).map(([error, { status, code }]) => [error, status, code]).sort())
  })

  it('says the limits that hold', () => {
    expect(page.text).toContain(`(${DEFAULT_RATES.connect} connects and ${DEFAULT_RATES.pairingCode} pairing codes a minute for each company, ${DEFAULT_STREAMS.perCompany} streams of events for each)`)
    expect(page.text).toContain(`${DEFAULT_STREAMS.waitingBytes / 1024} kB wait for it`)
  })
})
