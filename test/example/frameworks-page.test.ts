import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { DEFAULT_RATES } from '../../examples/express/access/rates.js'
import { SESSION_ERROR_ANSWERS } from '../../examples/express/answers/session-error-answers.js'
import { DEFAULT_STREAMS } from '../../examples/express/live/event-streams.js'
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
  emitDecoratorMetadata: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [resolve('node_modules/@types')],
  paths: { 'baileys-sessions': [resolve('src/index.ts')] },
}

/** What Next does: it registers, then calls handlers. A company is signed in by a header, once there is a login. */
const CALL_HANDLERS = `
process.env.NEXT_RUNTIME = 'nodejs'
const { register } = await import('./instrumentation.js')
const { GET: status } = await import('./app/api/whatsapp/status/route.js')
const { POST: connect } = await import('./app/api/whatsapp/connect/route.js')
const { GET: events } = await import('./app/api/whatsapp/events/route.js')
const { sessions, openStreams } = await import('./lib/sessions.js')
const asking = (company?: string, method = 'GET', site = 'same-origin') =>
  new Request('http://127.0.0.1/', { method, headers: { 'sec-fetch-site': site, ...(company === undefined ? {} : { 'x-test-company': company }) } })
const inShort = ({ company_id, status, pairing, error }: any) => error?.code ?? [company_id, status, pairing === null ? 'nothing to scan' : typeof pairing.qr_svg].join(' ')
const say = async (answer: Response) => console.log(answer.status, answer.headers.get('cache-control'), inShort(await answer.json()))
await register()
for (const answer of [status(asking()), connect(asking(undefined, 'POST')), events(asking())]) await say(await answer)
for (const site of ['cross-site', 'same-site', 'none']) await say(await connect(asking('acme', 'POST', site)))
await say(await status(asking('x'.repeat(129))))
const stream = await events(asking('acme'))
console.log(stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control'))
const reader = stream.body!.getReader()
let text = new TextDecoder().decode((await reader.read()).value)
await say(await connect(asking('acme', 'POST')))
await say(await connect(asking('globex', 'POST')))
await sessions.stop('acme')
while (!text.includes('"stopped"')) text += new TextDecoder().decode((await reader.read()).value)
const told = [...text.matchAll(/^data: (.+)$/gmu)].map(([, data]) => inShort(JSON.parse(data!)))
console.log(told[0], '|', told.filter(line => line === 'acme pairing string').length > 0, '|', told.at(-1), '|', told.some(line => line.startsWith('globex')))
const more = await Promise.all(Array.from({ length: 20 }, () => events(asking('acme'))))
console.log(more.map(answer => answer.status).join(' '), (await events(asking('globex'))).status)
await Promise.all([reader.cancel(), ...more.filter(({ ok }) => ok).map(answer => answer.body!.cancel())])
console.log([...openStreams].join(' '))
await sessions.close()
process.exit(0)
`
const LOGIN = `export async function signedInCompany(request: Request): Promise<string | null> { return request.headers.get('x-test-company') }`

/** Saves every block under its name. */
function writeBlocks(folder: string): string[] {
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  // What the page says to copy.
  for (const part of ['access', 'answers', 'live']) cpSync(resolve('examples/express', part), join(folder, 'whatsapp', part), { recursive: true })
  return codeBlocksOf(page)
    .filter(({ language }) => language === 'ts')
    .map(({ code }) => {
      const [, name = 'unnamed.ts'] = /^\/\/ (\S+\.ts)\n/u.exec(code) ?? []
      const file = join(folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, code)
      return file
    })
}

describe('docs/frameworks.md', () => {
  it('has blocks that compile together, each with the name of its file', { tags: 'full' }, () => {
    const files = writeBlocks(temporaryFolder())
    expect(new Set(files).size).toBe(9)

    const program = ts.createProgram(files, OPTIONS)
    const problems = files.flatMap((file) => [
      ...program.getSyntacticDiagnostics(program.getSourceFile(file)),
      ...program.getSemanticDiagnostics(program.getSourceFile(file)),
    ])
    expect(problems.map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)).toEqual([])
    expect(program.getOptionsDiagnostics()).toEqual([])
  })

  it('has route handlers for Next.js that do what they say', { tags: 'full' }, async () => {
    const folder = temporaryFolder()
    writeBlocks(folder)
    writeFileSync(join(folder, 'lib/signed-in-company.ts'), LOGIN)
    const server = await WhatsAppServer.start()
    onTestFinished(async () => {
      await server.close()
    })
    const main = new ExampleProcess(writeExample(folder, 'main.mts', CALL_HANDLERS), server)
    expect({ code: await main.ended(), errors: main.errors }).toEqual({ code: 0, errors: '' })
    expect(
      main.output
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('{"level"')),
    ).toEqual([
      ...Array.from({ length: 3 }, () => '401 no-store unauthorized'),
      ...Array.from({ length: 3 }, () => '403 no-store forbidden'),
      '400 no-store invalid_company_id',
      '200 text/event-stream no-store',
      '200 no-store acme pairing string',
      '200 no-store globex pairing string',
      'acme disconnected nothing to scan | true | acme disconnected nothing to scan | false',
      `${'200 '.repeat(19)}429 200`,
      'globex,1',
    ])
  })

  it('lets nobody in before there is a login', { tags: 'full' }, async () => {
    const folder = temporaryFolder()
    writeBlocks(folder)
    const code = `const { GET } = await import('./app/api/whatsapp/status/route.js')\nconsole.log((await GET(new Request('http://127.0.0.1/', { headers: { 'x-test-company': 'acme' } }))).status)\nprocess.exit(0)`
    const main = new ExampleProcess(writeExample(folder, 'main.mts', code))
    expect(await main.ended()).toBe(0)
    expect(main.output).toBe('500\n')
    expect(main.errors).toContain('Ask your own login here.')
  })

  it('says how each error of the library is answered', () => {
    const { rows } = tableOf(page, 'error of the library', 'HTTP', '`code`')
    const told = rows.map(([error = '', status = '', code = '']) => [codeIn(error)[0], Number(status), codeIn(code)[0]])
    expect(told.sort()).toEqual(
      Object.entries(SESSION_ERROR_ANSWERS)
        .map(([error, { status, code }]) => [error, status, code])
        .sort(),
    )
  })

  it('says the limits that hold', () => {
    expect(page.text).toContain(
      `(${DEFAULT_RATES.connect} connects and ${DEFAULT_RATES.pairingCode} pairing codes a minute for each company, ${DEFAULT_STREAMS.perCompany} streams of events for each)`,
    )
    expect(page.text).toContain(`${DEFAULT_STREAMS.waitingBytes / 1024} kB wait for it`)
  })
})
