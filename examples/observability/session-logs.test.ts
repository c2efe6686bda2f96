import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { finderOf, formsOf, type Secrets } from './secret-forms.js'

interface Run {
  lines: string[]
  errors: string
  forms: string[]
}

/** Runs the scenario with the example's loggers, or with plain pino. */
async function run(loggers: 'guarded' | 'plain'): Promise<Run> {
  const file = fileURLToPath(new URL('log-scenario.ts', import.meta.url))
  const child = fork(file, [loggers], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: ['--import', import.meta.resolve('tsx')] })
  let [printed, errors] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const secrets: Secrets = { texts: [], stored: [] }
  child.on('message', (message) => Object.assign(secrets, message))
  await once(child, 'close')
  assert.equal(child.exitCode, 0, errors)
  return { lines: printed.trimEnd().split('\n'), errors, forms: formsOf(secrets) }
}

const found = ({ lines, errors, forms }: Run): string[] => finderOf(forms)([...lines, errors].join('\n'))

let guarded: Run
let plain: Run
before(async () => {
  ;[guarded, plain] = await Promise.all([run('guarded'), run('plain')])
})

describe('the loggers of the example, all at "trace"', () => {
  it('write no secret, and let libsignal print none', () => {
    assert.ok(guarded.forms.length > 10_000)
    assert.deepEqual(found(guarded), [])
    assert.equal(guarded.errors, '')
  })

  it('write what happened, and nothing but JSON', () => {
    const entries = guarded.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    const messages = new Set(entries.map(({ msg }) => msg))
    for (const message of [
      'session status',
      'session disconnected',
      'QR code shown',
      'pairing code shown',
      'session connected',
      'session restore ended',
      'session logged out',
      'recv xml',
      'failed to decrypt message',
    ]) {
      assert.ok(messages.has(message), message)
    }
    const failure = entries.find(({ msg }) => msg === 'failed to decrypt message')
    assert.match(JSON.stringify(failure), /"level":"error".*"component":"baileys".*"err":\{"type":"\w+","message":".+","stack":/u)
  })
})

describe('pino as it comes', () => {
  it('writes secrets, and libsignal prints private keys: they would have been found', () => {
    const find = finderOf(plain.forms)
    const leaks = plain.lines.filter((line) => find(line).length > 0)
    const places = new Set(
      leaks
        .map((line) => /^\{"level":(?<level>\d+).*"component":"(?<component>\w+)"/u.exec(line)?.groups)
        .map((place) => (place === undefined ? 'console' : `${place['component'] ?? ''} ${place['level'] ?? ''}`)),
    )
    for (const place of ['baileys 10', 'baileys 30', 'sessions 30', 'sessions 50', 'console']) assert.ok(places.has(place), place)
    assert.match(plain.lines.join('\n'), /privKey: <Buffer/u)
  })
})
