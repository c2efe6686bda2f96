import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { buildProgram, type BuiltProgram, CommandProcess, type CommandProcessOptions } from './command-process.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

/** A user without rights, on most systems "nobody". */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(async () => {
  await program[Symbol.asyncDispose]()
})

async function storeOf(count: number): Promise<{ folder: string; directory: string; name: string }> {
  const folder = temporaryFolder()
  const directory = join(folder, 'sessions')
  const store = fileStore(directory)
  for (let index = 0; index < count; index++) await storePaired(store, `company-${index}`)
  await store.close()
  return { folder, directory, name: `fs:${directory}` }
}

interface Outcome {
  code: unknown
  output: string
  errors: string
}

async function ended(args: readonly string[], options?: CommandProcessOptions): Promise<Outcome> {
  const command = new CommandProcess(program, args, options)
  const code = await command.ended()
  return { code, output: command.output, errors: command.errors }
}

describe('the program, in a process of its own', () => {
  it('ends by itself with the exit codes that scripts rely on', async () => {
    const { folder, directory } = await storeOf(1)
    expect(await ended(['list', 'fs:sessions'], { directory: folder })).toEqual({ code: 0, output: 'company-0\n', errors: '' })
    expect(await ended(['doctor', 'fs:sessions'], { directory: folder })).toMatchObject({ code: 0, errors: '' })
    chmodSync(join(directory, 'session-company-0'), 0o755)
    expect(await ended(['doctor', 'fs:sessions'], { directory: folder })).toMatchObject({ code: 1, errors: '' })
    expect(await ended(['doctor', 'sessions'], { directory: folder })).toMatchObject({ code: 2, output: '' })
    expect(await ended(['--version'])).toEqual({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/u), errors: '' })
  })

  it('does not wait for an input that it does not need', { tags: 'full' }, async () => {
    const { name } = await storeOf(1)
    expect(await ended(['list', name], { shell: 'exec "$@" < /dev/null' })).toEqual({ code: 0, output: 'company-0\n', errors: '' })
    expect(await ended(['delete', name, 'company-0'])).toMatchObject({ code: 1, errors: expect.stringContaining('Pass --yes') })
    expect(await ended(['delete', name, 'company-0', '--yes'])).toMatchObject({ code: 0, errors: '' })
  })

  it('ends with 130 at SIGINT, after the session that it is at, and leaves no lock', async () => {
    const { folder, directory, name } = await storeOf(60)
    const copy = new CommandProcess(program, ['copy', name, `fs:${folder}/to`])
    await copy.tells('Copying 2/60')
    copy.signal('SIGINT')
    expect(await copy.ended()).toBe(130)
    expect(copy.output).toMatch(/^Copied \d+ sessions, 0 unchanged, 0 failed\.\n$/u)
    const copied = readdirSync(join(folder, 'to')).filter((file) => file.startsWith('session-'))
    expect(copied.length).toBe(Number(/\d+/u.exec(copy.output)?.[0]))
    expect(copied.length).toBeLessThan(60)
    for (const store of [fileStore(directory), fileStore(join(folder, 'to'))]) {
      for (let index = 0; index < 60; index++) expect(await store.lock.owner(`company-${index}`)).toBeNull()
    }
    expect(await ended(['copy', name, `fs:${folder}/to`])).toMatchObject({
      code: 0,
      output: `Copied ${60 - copied.length} sessions, ${copied.length} unchanged, 0 failed.\n`,
    })
  })

  it('says nothing when whoever reads has seen enough', { tags: 'full' }, async () => {
    const { name } = await storeOf(1)
    const list = new CommandProcess(program, ['list', name])
    list.stopReading()
    expect([await list.ended(), list.errors]).toEqual([0, ''])
  })

  it.runIf(existsSync('/dev/full'))('says that its result could not be written, and does its work all the same', { tags: 'full' }, async () => {
    const { folder, name } = await storeOf(2)
    const lost = (...args: string[]): Promise<Outcome> => ended(args, { shell: 'exec "$@" > /dev/full' })
    for (const command of [
      ['list', name],
      ['doctor', name, '--json'],
      ['copy', name, `fs:${folder}/to`],
    ]) {
      const { code, errors } = await lost(...command)
      expect([command[0], code, errors.match(/^The result could not be written: ENOSPC.*$/gmu)]).toEqual([command[0], 1, [expect.any(String)]])
      expect(errors).not.toContain(' at ')
    }
    expect(readdirSync(join(folder, 'to')).filter((file) => file.startsWith('session-'))).toHaveLength(2)
  })

  it.runIf(existsSync('/dev/full'))('does its work also where nobody can be told how it goes', { tags: 'full' }, async () => {
    const { folder, name } = await storeOf(2)
    expect(await ended(['copy', name, `fs:${folder}/to`], { shell: 'exec "$@" 2> /dev/full' })).toMatchObject({
      code: 0,
      output: 'Copied 2 sessions, 0 unchanged, 0 failed.\n',
    })
  })

  it('does not touch a session that another process runs', { tags: 'full' }, async () => {
    const { directory, name } = await storeOf(2)
    const store = fileStore(directory)
    const lease = await store.lock.acquire('company-0')
    for (const command of [
      ['delete', name, 'company-0', '--yes'],
      ['copy', name, `${name}-to`, '--session', 'company-0'],
      ['doctor', name, '--repair'],
    ]) {
      writeFileSync(join(directory, 'session-company-0', '.0123456789abcdef01.tmp'), '', { mode: 0o600 })
      const before = snapshot(join(directory, 'session-company-0'))
      const { code, output, errors } = await ended(command)
      expect([code, `${output}${errors}`]).toEqual([1, expect.stringContaining(lease?.owner ?? '?')])
      expect(snapshot(join(directory, 'session-company-0'))).toEqual(before)
    }
    await lease?.release()
  })
})

// Only root can become somebody else, and root itself is refused nothing.
describe.runIf(isRoot)('for users that do not own the sessions', { tags: 'full' }, () => {
  it('root writes nothing into sessions of somebody else, who could not read it, and may look', async () => {
    const { directory, name } = await storeOf(1)
    chmodSync(join(directory, 'session-company-0'), 0o755)
    chownSync(join(directory, 'session-company-0'), NOBODY, NOBODY)
    const before = snapshot(directory)
    for (const command of [
      ['doctor', name, '--repair'],
      ['delete', name, 'company-0', '--yes'],
      ['copy', name, `${name}-to`],
      ['copy', `${name}/session-company-0/..`, `${name}-to`],
    ]) {
      expect(await ended(command)).toMatchObject({
        code: 1,
        output: '',
        errors: expect.stringMatching(/belongs to the user with uid 65534.*sudo -u '#65534'/u),
      })
    }
    expect(await ended(['doctor', name])).toMatchObject({ code: 1, output: expect.stringContaining('company-0: restorable') })
    expect(snapshot(directory)).toEqual(before)
    expect(existsSync(`${directory}-to`)).toBe(false)
  })

  it.each(['fs:', 'sqlite:'])('root makes no store %s in a folder of somebody else', async (kind) => {
    const { directory, name } = await storeOf(1)
    const theirs = join(dirname(directory), 'theirs')
    mkdirSync(theirs)
    chownSync(theirs, NOBODY, NOBODY)
    for (const target of ['new', 'new/below']) {
      expect(await ended(['copy', name, `${kind}${join(theirs, target)}`])).toMatchObject({
        code: 1,
        output: '',
        errors: expect.stringMatching(/theirs belongs to the user with uid 65534/u),
      })
    }
    expect(readdirSync(theirs)).toEqual([])
  })

  it('somebody who may not read is told so, in a sentence with path and mode', async () => {
    const { directory, name } = await storeOf(2)
    for (const path of [dirname(directory), directory]) chmodSync(path, 0o755)
    const { code, output, errors } = await ended(['doctor', name], { uid: NOBODY })
    expect([code, errors]).toEqual([1, ''])
    expect(output).toMatch(/company-0: unavailable/u)
    expect(output).toMatch(/session-company-0 has mode 0700 and belongs to uid 0; this process runs as uid 65534/u)
    chmodSync(directory, 0o700)
    expect(await ended(['list', name], { uid: NOBODY })).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('EACCES') })
  })
})
