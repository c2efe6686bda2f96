import { posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/cli/command-environment.js'
import { parseStoreName } from '../../src/cli/stores/parse-store-name.js'
import type { StoreName } from '../../src/cli/stores/store-name.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, storePaired } from './stored-sessions.js'

const KNOWN = 'Write a store as fs:./sessions, sqlite:./sessions.db or env:SESSIONS_STORE.'

const name = (text: string, variables: Record<string, string> = {}): StoreName => parseStoreName(text, { variables, directory: '/srv/app' }, posix)
const nameOnWindows = (text: string): StoreName => parseStoreName(text, { variables: {}, directory: 'D:\\app' }, win32)

describe('the name of a store', () => {
  it.each([
    ['fs:./sessions', { path: '/srv/app/sessions', prefix: 'session-' }],
    ['fs:/var/lib/sessions', { path: '/var/lib/sessions', prefix: 'session-' }],
    ['fs:./sessions?prefix=', { path: '/srv/app/sessions', prefix: '' }],
    ['fs:./sessions?prefix=wa-', { path: '/srv/app/sessions', prefix: 'wa-' }],
    ['fs:./what?', { path: '/srv/app/what?', prefix: 'session-' }],
    ['fs:a b:c', { path: '/srv/app/a b:c', prefix: 'session-' }],
  ])('%s', (text, folder) => {
    expect(name(text)).toMatchObject({ text, folder, place: `fs:${folder.path}` })
  })

  it.each([
    ['sqlite:./sessions.db', 'sqlite:/srv/app/sessions.db'],
    ['sqlite:/a?prefix=b', 'sqlite:/a?prefix=b'],
  ])('%s', (text, place) => {
    expect(name(text)).toMatchObject({ text, folder: null, place })
  })

  it.each([
    ['fs:C:\\Users\\me\\sessions', 'fs:C:\\Users\\me\\sessions'],
    ['fs:sessions', 'fs:D:\\app\\sessions'],
    ['fs:..\\sessions', 'fs:D:\\sessions'],
    ['fs:\\\\server\\share\\sessions', 'fs:\\\\server\\share\\sessions'],
    ['fs:\\\\?\\C:\\sessions?prefix=', 'fs:\\\\?\\C:\\sessions'],
    ['sqlite:C:\\sessions.db', 'sqlite:C:\\sessions.db'],
  ])('%s on Windows', (text, place) => {
    expect(nameOnWindows(text)).toMatchObject({ place })
  })

  it.each([
    ['./sessions', `"./sessions" does not say what kind of store it is. ${KNOWN}`],
    ['C:\\sessions', `"C:\\sessions" does not say what kind of store it is. ${KNOWN}`],
    ['mysql://u:secret', `"mysql:" is no kind of store that this program knows. ${KNOWN}`],
    ['fs:', '"fs:" has no path, as in fs:./sessions.'],
    ['fs:?prefix=a', '"fs:?prefix=a" has no path, as in fs:./sessions.'],
    ['sqlite:', '"sqlite:" has no path, as in sqlite:./sessions.db.'],
    ['fs:./a?suffix=b', '"fs:./a?suffix=b" may contain "prefix" once after the "?", and nothing else.'],
    ['fs:./a?prefix=b&prefix=c', '"fs:./a?prefix=b&prefix=c" may contain "prefix" once after the "?", and nothing else.'],
    ['fs:a\0b', 'The name of a store cannot contain a NUL character.'],
  ])('%j is refused', (text, message) => {
    expect(() => name(text)).toThrow(new UsageError(message))
  })
})

describe('a store that a variable names', () => {
  it('is the one of its value, and is shown as that', () => {
    expect(name('env:STORE', { STORE: 'fs:./sessions?prefix=' })).toMatchObject({
      text: 'fs:./sessions?prefix=',
      folder: { path: '/srv/app/sessions', prefix: '' },
    })
  })

  it.each([
    ['env:', undefined, `"env:" needs the name of an environment variable. ${KNOWN}`],
    ['env:STORE', undefined, 'The environment variable STORE is not set.'],
    ['env:STORE', '', 'The environment variable STORE is empty.'],
    ['env:STORE', 'env:OTHER', 'The environment variable STORE names another variable. Give it the name of a store.'],
    ['env:STORE', 'canary', `The value of STORE does not say what kind of store it is. ${KNOWN}`],
    ['env:STORE', 'canary:canary', `The value of STORE is no kind of store that this program knows. ${KNOWN}`],
    ['env:STORE', 'fs:?prefix=canary', 'The value of STORE has no path, as in fs:./sessions.'],
    ['env:STORE', 'fs:./a?canary=b', 'The value of STORE may contain "prefix" once after the "?", and nothing else.'],
    ['env:STORE', 'canary://\0', 'The name of a store cannot contain a NUL character.'],
  ])('%s is refused when its value is %j, which is not told', async (text, value, message) => {
    const variables = value === undefined ? {} : { STORE: value }
    expect(() => name(text, variables)).toThrow(new UsageError(message))
    const { code, output, errors } = await runCommand(['list', text], { variables })
    expect([code, output, errors]).toEqual([2, '', `${message} See baileys-sessions list --help.\n`])
  })

  it('is taken by every command that takes a store, also by both sides of a copy', async () => {
    const folder = temporaryFolder()
    await storePaired(fileStore(`${folder}/sessions`), 'a')
    const run = (...args: string[]): ReturnType<typeof runCommand> =>
      runCommand(args, { variables: { FROM: 'fs:./sessions', TO: 'sqlite:./sessions.db' }, directory: folder })
    expect((await run('copy', 'env:FROM', 'env:TO')).output).toBe('Copied 1 session, 0 unchanged, 0 failed.\n')
    expect((await run('list', 'env:TO')).output).toBe('a\n')
    expect((await run('copy', 'env:FROM', 'fs:sessions')).errors).toContain('Both names mean the same place.')
    expect((await run('status', 'env:TO', '--json')).output).toContain('"store": "sqlite:./sessions.db"')
    expect((await run('doctor', 'env:FROM')).code).toBe(0)
    expect((await run('new-key', 'keys.json')).code).toBe(0)
    expect((await run('encrypt', 'env:FROM', '--key-file', 'keys.json')).code).toBe(0)
    expect((await run('link', 'env:FROM', 'a', '--print-qr', '--key-file', 'keys.json')).errors).toContain('"a" is already linked')
    expect((await run('delete', 'env:TO', 'b', '--yes')).errors).toBe('There is no session "b" in sqlite:./sessions.db.\n')
    expect((await run('delete', 'env:TO', 'a', '--yes')).code).toBe(0)
  })
})

it('a password in an argument is in no message', async () => {
  for (const args of [
    ['list', 'mysql://u:canary@host'],
    ['redis://u:canary@host'],
    ['copy', 'fs:./none', 'mysql://u:canary@host'],
    ['list', '//u:canary@host'],
  ]) {
    const { code, output, errors } = await runCommand(args)
    expect([code > 0, output, errors.includes('canary'), errors.length > 30], args.join(' ')).toEqual([true, '', false, true])
  }
})
