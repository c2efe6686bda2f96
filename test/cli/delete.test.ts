import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/cli/run.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { type Circumstances, type Outcome, runCommand } from './command-line.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

async function twoSessions(): Promise<{
  directory: string
  remove: (options?: string[], circumstances?: Circumstances) => Promise<Outcome>
  left: () => string[]
}> {
  const directory = join(temporaryFolder(), 'sessions')
  const store = fileStore(directory)
  for (const id of ['a', 'b']) await storePaired(store, id)
  return {
    directory,
    remove: (options = [], circumstances) => runCommand(['delete', `fs:${directory}`, 'a', ...options], circumstances),
    left: () => ['a', 'b'].filter((id) => existsSync(join(directory, `session-${id}`))),
  }
}

describe('delete', () => {
  it('deletes a session with --yes, and says that the phone still lists the device', async () => {
    const { remove, left } = await twoSessions()
    expect(await remove(['--yes'])).toEqual({
      code: 0,
      output: 'Deleted session "a". The phone still lists the device: unlink it there, under "Linked devices".\n',
      errors: '',
    })
    expect(left()).toEqual(['b'])
  })

  it('asks on a terminal, and takes the id for a yes', async () => {
    const { remove, left } = await twoSessions()
    const { code, errors } = await remove([], { isTerminal: true, input: 'a\n' })
    expect([code, left()]).toEqual([0, ['b']])
    expect(errors).toContain('Type the session id')
  })

  it.each(['y\n', 'yes\n', '\n', 'b\n', 'a', 'A\n', ''])('deletes nothing for the answer %j', async (input) => {
    const { remove, left } = await twoSessions()
    const { code, errors } = await remove([], { isTerminal: true, input })
    // The end of the input ends a line, too.
    expect([code, left()]).toEqual(input === 'a' ? [0, ['b']] : [1, ['a', 'b']])
    if (input !== 'a') expect(errors).toContain('Nothing was deleted.')
  })

  it('asks nobody where nobody types', async () => {
    const { remove, left } = await twoSessions()
    expect(await remove([], { input: 'a\n' })).toEqual({
      code: 1,
      output: '',
      errors: 'There is no terminal to ask on. Pass --yes to delete the session without asking.\n',
    })
    expect(left()).toEqual(['a', 'b'])
  })

  it('can be called off while it asks', async () => {
    const { directory, left } = await twoSessions()
    const interrupted = new AbortController()
    const stdin = Object.assign(new PassThrough(), { isTTY: true })
    const stream = {
      write: (text: string): void => {
        if (text.startsWith('Type')) interrupted.abort()
      },
    }
    expect(
      await run(['delete', `fs:${directory}`, 'a'], { stdout: stream, stderr: stream, stdin, variables: {}, directory: '/', signal: interrupted.signal }),
    ).toBe(130)
    expect(left()).toEqual(['a', 'b'])
  })

  it('refuses a session that is run, before it asks', async () => {
    const { directory, remove, left } = await twoSessions()
    const store = fileStore(directory)
    const lease = await store.lock.acquire('a')
    const refused = { code: 1, output: '', errors: `Session "a" is running in ${lease?.owner ?? ''}. Stop it there first. Nothing was deleted.\n` }
    expect(await remove(['--yes'])).toEqual(refused)
    expect(await remove([], { isTerminal: true, input: 'a\n', variables: { NO_COLOR: '1' } })).toEqual(refused)
    expect(left()).toEqual(['a', 'b'])
    await lease?.release()
    expect((await remove(['--yes'])).code).toBe(0)
  })

  it('says when there is no such session, and no such store', async () => {
    const { directory, left } = await twoSessions()
    expect(await runCommand(['delete', `fs:${directory}`, 'c', '--yes'])).toEqual({
      code: 1,
      output: '',
      errors: `There is no session "c" in fs:${directory}.\n`,
    })
    expect((await runCommand(['delete', `fs:${directory}/..`, '..', '--yes'])).code).toBe(1)
    expect(await runCommand(['delete', `fs:${directory}s`, 'a', '--yes'])).toMatchObject({ code: 1, output: '' })
    expect([left(), existsSync(`${directory}s`)]).toEqual([['a', 'b'], false])
  })

  it('deletes what cannot be read', async () => {
    const { directory, remove, left } = await twoSessions()
    writeFileSync(join(directory, 'session-a', 'creds.json'), '{')
    writeFileSync(join(directory, 'session-a', '.names.json'), '{')
    expect([(await remove(['--yes'])).code, left()]).toEqual([0, ['b']])
  })

  it('does not touch a browser profile of whatsapp-web.js, or a folder of something else', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'session-a', 'Default'), { recursive: true })
    mkdirSync(join(directory, 'photos'))
    writeFileSync(join(directory, 'photos', 'me.png'), '')
    const before = snapshot(directory)
    expect(await runCommand(['delete', `fs:${directory}`, 'a', '--yes'])).toMatchObject({ code: 1, errors: expect.stringContaining('whatsapp-web.js') })
    expect(await runCommand(['delete', `fs:${directory}?prefix=`, 'photos', '--yes'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('contains 1 other file or folder, but no readable credentials'),
    })
    expect(snapshot(directory)).toEqual(before)
  })

  it.each(['package-lock.json', 'creds.json'])('does not take a folder for a session because of a file named %s', async (file) => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'project', 'src'), { recursive: true })
    writeFileSync(join(directory, 'project', file), '{"token":"of something else"}')
    const before = snapshot(directory)
    const remove = (): Promise<Outcome> => runCommand(['delete', `fs:${directory}?prefix=`, 'project', '--yes'])
    expect(await remove()).toMatchObject({ code: 1, output: '', errors: expect.stringMatching(/1 other file or folder.*Is the prefix right\?/u) })
    expect(snapshot(directory)).toEqual(before)
    // Nothing of something else is lost here.
    rmSync(join(directory, 'project', 'src'), { recursive: true })
    expect((await remove()).code).toBe(0)
  })

  it('deletes the files of a session alone when others are beside them, also when its credentials are damaged', async () => {
    const { directory, remove } = await twoSessions()
    writeFileSync(join(directory, 'session-a', 'notes.txt'), '')
    writeFileSync(join(directory, 'session-a', 'creds.json'), '{')
    expect(await remove(['--yes'])).toMatchObject({
      code: 0,
      errors: expect.stringContaining(`${join(directory, 'session-a')} stays, because it contains 1 other file or folder.`),
    })
    expect(readdirSync(join(directory, 'session-a'))).toEqual(['notes.txt'])
    expect(await runCommand(['list', `fs:${directory}`])).toMatchObject({ output: 'b\n' })
  })
})
