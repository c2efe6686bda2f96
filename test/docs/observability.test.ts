import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { observeCluster } from '../../examples/observability/cluster-metrics.js'
import { measureStore } from '../../examples/observability/measured-store.js'
import { observeSessions } from '../../examples/observability/session-metrics.js'
import { MemorySessionStore, SessionError, SessionManager, type Logger } from '../../src/index.js'
import { FakeBaileys } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { allCauses } from './decision-words.js'
import { wordsOf } from './declarations.js'
import { ExampleProcess } from './example-process.js'
import { partsOf } from './generated-parts.js'
import { codeBlocksOf, codeIn, readPage, tableOf } from './markdown.js'

const FOLDER = 'examples/observability'
// Two processes with real Baileys, and and the contract suites beside them, on a busy machine.
const PATIENCE_MS = 110_000
const page = readPage('docs/observability.md')
const files = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`)

describe('docs/observability.md', () => {
  it('has no code but that of the example, and shows each of its files that an application needs', () => {
    const parts = partsOf(page.text)
    expect(
      codeBlocksOf(page)
        .filter(({ language }) => language === 'ts')
        .map(({ code }) => code),
    ).toEqual(parts.map((part) => readFileSync(part, 'utf8')))
    const ofTests = ['log-scenario', 'metric-value', 'secret-forms'].map((name) => `${FOLDER}/${name}.ts`)
    expect([...parts, ...ofTests, ...files.filter((file) => file.endsWith('.test.ts'))].sort()).toEqual(files.sort())
    for (const part of parts) expect(page.text).toMatch(new RegExp(`\n\`${part.slice(FOLDER.length + 1)}\`[^\n]*\n<!-- generated: ${part} -->`, 'u'))
  })

  it('lists every metric, with its type and its labels', async () => {
    const { registry, families } = await describeMetrics()
    const { rows } = tableOf(page, 'metric', 'type', 'labels', 'what it says')
    expect(rows.map(([metric = '', type, labels = '']) => [...codeIn(metric), type, codeIn(labels).join()]).sort()).toEqual(families.sort())
    expect(await registry.metrics()).not.toContain('company-1')
  })

  it('alerts on metrics, causes, statuses and codes that there are', async () => {
    const rules = codeBlocksOf(page).find(({ language }) => language === 'yaml')?.code ?? ''
    const names = new Set((await describeMetrics()).families.map(([name]) => name))
    const used = [...rules.matchAll(/whatsapp_\w+/gu)].map(([name]) => name.replace(/_bucket$/u, ''))
    expect(used.filter((name) => !names.has(name))).toEqual([])
    const labels = [...rules.matchAll(/(\w+)(?:=|!=|=~)"([^"]+)"/gu)].flatMap(([, label = '', values = '']) =>
      values.split('|').map((value) => `${label} ${value}`),
    )
    const known = [
      ...allCauses().map((cause) => `cause ${cause}`),
      ...wordsOf('src/errors.ts', 'SessionErrorCode').map((code) => `code ${code}`),
      ...wordsOf('src/status/status-reasons.ts', 'SessionStatus').map((status) => `status ${status}`),
      'call list',
    ]
    expect(labels.length).toBeGreaterThan(8)
    expect(labels.filter((label) => !known.includes(label))).toEqual([])
    expect(rules.match(/- alert: WhatsApp\w+\n +expr: .+$/gmu)?.length).toBe(rules.match(/alert:/gu)?.length)
  })

  it('names what the manager logs, with its fields', async () => {
    const { rows } = tableOf(page, 'level', 'message', 'fields')
    const told = new Map(rows.map(([level = '', message = '', fields = '']) => [`${level} ${message}`, codeIn(fields).sort()]))
    const logged = await logEverything()
    expect([...told.keys()].sort()).toEqual(wordsOfAnnouncer().sort())
    expect([...logged.keys()].sort()).toEqual([...told.keys()].filter((line) => !line.includes('copy')).sort())
    for (const [line, fields] of logged) expect(fields, line).toEqual(told.get(line))
  })
})

describe('the example', () => {
  it('has tests that pass, say nothing, end by themselves and leave no file behind', { tags: 'full', timeout: 120_000 }, async () => {
    const folder = temporaryFolder()
    const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => resolve(file))
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap', ...tests],
      { cwd: folder, timeout: PATIENCE_MS, maxBuffer: 2 ** 24, env: { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json'), TMPDIR: folder } },
    )
    const said = stdout.split('\n').filter((line) => line.startsWith('# ') && !/^# (?:Subtest: .+|[a-z_]+ [\d.]+)$/u.test(line))
    expect({ said, stderr }).toEqual({ said: [], stderr: '' })
    expect(stdout).toMatch(/^# fail 0$/mu)
    expect(Number(/^# pass (\d+)$/mu.exec(stdout)?.[1])).toBeGreaterThanOrEqual(75)
    // What tsx compiled, it keeps.
    expect(readdirSync(folder).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  })

  it('runs: numbers that move, and an end on SIGTERM', { tags: 'full' }, async () => {
    vi.stubEnv('PORT', '0')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const example = new ExampleProcess(resolve(FOLDER, 'main.ts'))
    const [, url = ''] = await example.prints(/"url":"(http:\/\/127\.0\.0\.1:\d+)\/metrics"/u)
    await example.prints(/"sessionId":"company-3","cause":"server_unavailable"[^]*"sessionId":"company-3","restored":true/u)
    const [metrics, ready] = await Promise.all(['/metrics', '/ready'].map(async (path) => (await fetch(`${url}${path}`)).text()))
    for (const line of [
      'whatsapp_sessions{status="connected"} 2',
      'whatsapp_sessions{status="logged_out"} 1',
      'whatsapp_session_pairings_total 3',
      'whatsapp_session_reconnects_total{cause="server_unavailable"} 1',
      'whatsapp_store_call_duration_seconds_count{call="acquire"} 3',
    ])
      expect(metrics).toContain(`${line}\n`)
    expect(metrics).toContain('nodejs_eventloop_lag_p99_seconds')
    expect(ready).toBe('ready\n')
    expect(await example.end('SIGTERM')).toBe(0)
    expect(example.errors).toBe('')
    for (const line of example.output.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('component')
  })
})

/** Name, type and labels of every metric of the example. */
async function describeMetrics(): Promise<{ registry: Registry; families: string[][] }> {
  const registry = new Registry()
  await using sessions = new SessionManager({
    store: measureStore(new MemorySessionStore(), registry),
    baileys: new FakeBaileys({ onSocket: (socket) => socket.welcome() }),
  })
  observeSessions(sessions, registry)
  observeCluster(sessions, registry)
  await sessions.connect('company-1')
  const families = registry.getMetricsAsArray().map((metric) => {
    // The names of its labels are in each metric, and not in its type.
    const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] }
    return [name, metric.constructor.name.toLowerCase(), labelNames.join()]
  })
  return { registry, families }
}

/** Level and message of what the source of the announcer logs. */
function wordsOfAnnouncer(): string[] {
  const source = readFileSync('src/manager/session-announcer.ts', 'utf8')
  return [...source.matchAll(/#logger\.(\w+)\(\{.+\}, '(.+)'\)/gu)].map(([, level = '', message = '']) => `${level} ${message}`)
}

/** The fields of each line that a manager logs which goes through everything but damaged credentials. */
async function logEverything(): Promise<Map<string, string[]>> {
  const lines = new Map<string, string[]>()
  const write =
    (level: string) =>
    (details: unknown, message?: string): void => {
      lines.set(`${level} ${message ?? ''}`, Object.keys(details as object).sort())
    }
  const logger: Logger = {
    level: 'trace',
    child: () => logger,
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  const baileys = new FakeBaileys({ onSocket: (socket) => socket.welcome() })
  await using sessions = new SessionManager({ store: new MemorySessionStore(), baileys, logger })
  sessions.on('connected', () => {
    throw new Error('A listener fails.')
  })
  sessions.on('error', () => {
    throw new SessionError('LISTENER_FAILED', 'And this one.')
  })
  await sessions.connect('company-1')
  baileys.lastSocket?.pairSuccess({ phone: '5511912345678' })
  await baileys.lastSocket?.close(515)
  await sessions.waitUntilConnected('company-1')
  await sessions.delete('company-1')
  return lines
}
