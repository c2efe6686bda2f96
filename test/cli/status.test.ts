import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compareStandings } from '../../src/cli/status/standing-report.js'
import { encrypted, FileConnectionRepository } from '../../src/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, PHONE, snapshot, storePaired } from './stored-sessions.js'

const UNTIL = new Date('2999-01-01T00:00:00Z')

/** A store with sessions that stand in different ways. */
async function storeOfMany(): Promise<{ folder: string; directory: string; name: string }> {
  const folder = temporaryFolder()
  const directory = join(folder, 'sessions')
  const store = fileStore(directory)
  await storePaired(store, 'a-linked')
  await storePaired(store, 'b-stopped', { desired: 'stopped' })
  await storePaired(store, 'c-out', { loggedOutAt: new Date(0) })
  await storePaired(store, 'd-restricted', { verdict: { kind: 'restricted', until: UNTIL } })
  await storePaired(store, 'e-limited', { verdict: { kind: 'rate_limited', until: UNTIL } })
  await store.close()
  return { folder, directory, name: `fs:${directory}` }
}

/** Does it the first time. */
function once<Result>(work: () => Result): () => Result {
  let done: { result: Result } | null = null
  return () => (done ??= { result: work() }).result
}

describe('status', () => {
  it('says of each session how it stands, and who runs it, with its number masked', async () => {
    const { directory, name } = await storeOfMany()
    const store = fileStore(directory)
    const lease = await store.lock.acquire('a-linked')
    const before = snapshot(directory)
    const { code, output, errors } = await runCommand(['status', name])
    expect(output.split('\n')).toEqual([
      `a-linked: linked, running in ${lease?.owner ?? '?'}, ${MASKED}`,
      `b-stopped: stopped, not running, ${MASKED}`,
      `c-out: logged out, not running, ${MASKED}`,
      `d-restricted: restricted until 2999-01-01T00:00:00.000Z, not running, ${MASKED}`,
      `e-limited: rate limited until 2999-01-01T00:00:00.000Z, not running, ${MASKED}`,
      '5 sessions: 4 linked, 1 running. 2 sessions need a person.',
      '',
    ])
    expect([code, errors]).toEqual([1, ''])
    expect(snapshot(directory)).toEqual(before)
    await lease?.release()
  })

  it('says it of one session, and 0 when nothing needs a person', async () => {
    const { name } = await storeOfMany()
    expect(await runCommand(['status', name, 'b-stopped'])).toEqual({
      code: 0,
      output: `b-stopped: stopped, not running, ${MASKED}\n1 session: 1 linked, 0 running. Nothing needs a person.\n`,
      errors: '',
    })
    expect(await runCommand(['status', name, 'nobody'])).toEqual({ code: 1, output: '', errors: `There is no session "nobody" in ${name}.\n` })
    expect(await runCommand(['status', `${name}-not-there`])).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('does not exist') })
  })

  it('says it as JSON', async () => {
    const { name } = await storeOfMany()
    const { output } = await runCommand(['status', name, 'd-restricted', '--json'])
    expect(JSON.parse(output)).toEqual({
      version: 1,
      store: name,
      needsPerson: true,
      sessions: [
        {
          sessionId: 'd-restricted',
          state: 'restricted',
          linked: true,
          until: UNTIL.toISOString(),
          phoneNumber: MASKED,
          owner: null,
          ownerAddress: null,
          running: null,
          needsPerson: true,
          problem: null,
          connection: null,
        },
      ],
    })
  })

  it('shows what the application has recorded, also of sessions of which nothing is stored any more', async () => {
    const { folder, name } = await storeOfMany()
    const file = join(folder, 'connections.json')
    const repository = new FileConnectionRepository({ file })
    await repository.save('a-linked', { status: 'connected', phoneNumber: PHONE, metadata: { note: `call ${PHONE}` }, updatedAt: new Date(0) })
    await repository.save('gone', { status: 'logged_out', reason: 'logged_out', phoneNumber: PHONE, updatedAt: new Date(0) })
    const before = snapshot(folder)
    const { output } = await runCommand(['status', name, '--connections', 'connections.json'], { directory: folder })
    expect(output).toContain(`a-linked: linked, not running, ${MASKED}, recorded as connected at 1970-01-01T00:00:00.000Z\n`)
    expect(output).toContain('gone: never paired, not running, recorded as logged out (logged out) at 1970-01-01T00:00:00.000Z\n')
    const { sessions } = JSON.parse((await runCommand(['status', name, 'gone', '--json', '--connections', file])).output) as {
      sessions: { connection: unknown }[]
    }
    expect(sessions.map(({ connection }) => connection)).toEqual([
      { status: 'logged_out', reason: 'logged_out', lastConnectedAt: null, owner: null, updatedAt: new Date(0).toISOString() },
    ])
    expect(output).not.toContain(PHONE)
    expect(snapshot(folder)).toEqual(before)
    expect(await runCommand(['status', name, '--connections', join(folder, 'connection.json')])).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringContaining('does not exist.'),
    })
    writeFileSync(file, '{"half')
    expect(await runCommand(['status', name, '--connections', file])).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringContaining('cannot be used: it is not JSON'),
    })
  })

  it('opens encrypted sessions with their keys, and says which need one', async () => {
    const folder = temporaryFolder()
    const name = `fs:${folder}/sessions`
    await storePaired(encrypted(fileStore(join(folder, 'sessions')), { currentKeyId: 'a', keys: { a: Buffer.alloc(32, 7) } }), 'acme')
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ currentKeyId: 'a', keys: { a: Buffer.alloc(32, 7).toString('base64') } }), { mode: 0o600 })
    expect(await runCommand(['status', name])).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^acme: locked, not running\n {2}The credentials of session "acme" are encrypted\. Give the key with --key-file/u),
    })
    expect(await runCommand(['status', name, '--key-file', join(folder, 'keys.json')])).toMatchObject({
      code: 0,
      output: expect.stringContaining(`acme: linked, not running, ${MASKED}\n`),
    })
  })

  it('makes nothing, where nothing is', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'empty'))
    expect(await runCommand(['status', `fs:${folder}/empty`])).toEqual({ code: 0, output: 'No sessions.\n', errors: '' })
    expect(await runCommand(['status', `sqlite:${folder}/none.db`])).toMatchObject({ code: 1, output: '' })
    expect(existsSync(join(folder, 'none.db'))).toBe(false)
    expect(Object.keys(snapshot(folder))).toHaveLength(2)
  })

  it('goes on with --watch until it is called off, and tells of changes alone', async () => {
    const { directory, name } = await storeOfMany()
    const interrupted = new AbortController()
    const store = fileStore(directory)
    const deleteOnce = once(() => store.delete('b-stopped'))
    const { code, output } = await runCommand(['status', name, '--watch', '--json'], {
      signal: interrupted.signal,
      onOutput: (text) => {
        if (text.includes('e-limited')) void deleteOnce()
        if (text.includes('gone')) interrupted.abort()
      },
    })
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { sessionId: string; state: string })
    expect(code).toBe(130)
    expect(lines.slice(0, 5).map(({ sessionId }) => sessionId)).toEqual(['a-linked', 'b-stopped', 'c-out', 'd-restricted', 'e-limited'])
    expect(lines.slice(5)).toEqual([{ sessionId: 'b-stopped', state: 'gone' }])
  })
})

it('what changed between two looks: what is new, what stands otherwise, and what is gone', () => {
  const session = (sessionId: string, owner: string | null = null): Parameters<typeof compareStandings>[1][number] => ({
    sessionId,
    owner,
    ownerAddress: null,
    running: null,
    state: 'linked',
    linked: true,
    until: null,
    phoneNumber: null,
    needsPerson: false,
    problem: null,
    connection: null,
  })
  const before = [session('a'), session('b'), session('c')]
  const now = [session('a'), session('b', 'web-1'), session('d')]
  expect(compareStandings(before, now)).toEqual({ sessions: now, changed: [session('b', 'web-1'), session('d')], gone: ['c'] })
  expect(compareStandings(now, now)).toMatchObject({ changed: [], gone: [] })
})
