import { posix, win32 } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/cli/command-environment.js'
import { parseStoreName } from '../../src/cli/stores/parse-store-name.js'
import { explainFailure } from '../../src/cli/stores/server-address.js'
import type { StoreName } from '../../src/cli/stores/store-name.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, storePaired } from './stored-sessions.js'

const KNOWN = 'Write a store as fs:./sessions, sqlite:./sessions.db, postgres://host:5432/database, redis://host:6379/0 or env:SESSIONS_STORE.'

const name = (text: string, variables: Record<string, string> = {}): StoreName => parseStoreName(text, { variables, directory: '/srv/app' }, posix)
const nameOnWindows = (text: string): StoreName => parseStoreName(text, { variables: {}, directory: 'D:\\app' }, win32)

describe('the name of a store', () => {
  it.each([
    ['fs:./sessions', { path: '/srv/app/sessions', prefix: 'session-' }],
    ['fs:/var/lib/sessions', { path: '/var/lib/sessions', prefix: 'session-' }],
    ['fs:./sessions?prefix=', { path: '/srv/app/sessions', prefix: '' }],
    ['fs:./sessions?prefix=wa-', { path: '/srv/app/sessions', prefix: 'wa-' }],
    ['fs:./auth?id=main', { path: '/srv/app/auth', sessionId: 'main' }],
    ['fs:./auth?id=a%2Fb', { path: '/srv/app/auth', sessionId: 'a/b' }],
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
    ['mysql://u:secret', `"mysql://…" is no kind of store that this program knows. ${KNOWN}`],
    ['fs:', '"fs:" has no path, as in fs:./sessions.'],
    ['fs:?prefix=a', '"fs:?prefix=a" has no path, as in fs:./sessions.'],
    ['sqlite:', '"sqlite:" has no path, as in sqlite:./sessions.db.'],
    ['fs:./a?suffix=b', '"fs:./a?suffix=b" may contain either "prefix" or "id" once after the "?", and nothing else.'],
    ['fs:./a?prefix=b&id=c', '"fs:./a?prefix=b&id=c" may contain either "prefix" or "id" once after the "?", and nothing else.'],
    ['fs:./a?id=', '"fs:./a?id=" has no session id after "?id=".'],
    ['fs:./a?prefix=b&prefix=c', '"fs:./a?prefix=b&prefix=c" may contain either "prefix" or "id" once after the "?", and nothing else.'],
    ['fs:a\0b', 'The name of a store cannot contain a NUL character.'],
  ])('%j is refused', (text, message) => {
    expect(() => name(text)).toThrow(new UsageError(message))
  })
})

describe('the address of a server', () => {
  it.each([
    ['redis://host', 'redis://host', 'redis:host:6379?baileys-sessions:'],
    ['rediss://u:canary@host:7000/1?prefix=shop:', 'rediss://u:***@host:7000/1?prefix=shop:', 'redis:host:7000/1?shop:'],
    ['postgres://host/db', 'postgres://host/db', 'postgres:host:5432/db?baileys_sessions'],
    ['postgresql://u:ca%2Fnary@host/db?schema=s', 'postgresql://u:***@host/db?schema=s', 'postgres:host:5432/db?s'],
    ['postgres://host/db?user=u&password=canary', 'postgres://host/db?user=u&password=***', 'postgres:host:5432/db?baileys_sessions'],
  ])('%s', (text, shown, place) => {
    expect(name(text)).toMatchObject({ text: shown, place, folder: null })
  })

  it.each([
    ['redis:host', 'is no URL'],
    ['redis://u:canary', 'is no URL'],
    ['redis://u:canary@host:port', 'is no URL'],
    ['redis://u:can/ary@host', 'has an "@" behind its host'],
    ['redis://u:can?ary@host', 'has an "@" behind its host'],
    ['redis://u:1/canary@host', 'has an "@" behind its host'],
    ['redis://u:can@ary/a@host', 'has an "@" behind its host'],
    ['redis://u:canary%zz@host', 'has a password that is not percent-encoded'],
    ['redis://u:canary@host?prefix=a&prefix=b', 'has more than one "prefix"'],
    ['postgres://u:canary@host/db?schema=a&schema=b', 'has more than one "schema"'],
  ])('%s is refused, and not told', async (text, problem) => {
    const { code, output, errors } = await runCommand(['list', text])
    expect([code, output]).toEqual([2, ''])
    expect(errors).toContain(`" ${problem}. Write it as `)
    expect(errors).toContain('://user:***@host')
    expect(errors).not.toMatch(/canary|ary@/u)
    const named = await runCommand(['list', 'env:STORE'], { variables: { STORE: text } })
    expect(named.errors).toBe(errors.replace(/^"[^"]*"/u, 'The value of STORE'))
  })

  it.each(['', 'x'.repeat(64), 'a\0b'])('has a schema that is a name, and not %j', (schema) => {
    expect(() => name(`postgres://u:canary@host/db?schema=${encodeURIComponent(schema)}`)).toThrow(
      new UsageError('"postgres://…" has a "schema" that is no name of 1 to 63 bytes.'),
    )
  })

  it('is not told when a driver quotes it', () => {
    const address = { secrets: ['p%40ss', 'p@ss'] }
    expect(explainFailure(address, new Error('refused redis://u:p%40ss@host, that is p@ss or p%40ss.'))).toBe('refused redis://u:***@host, that is *** or ***')
    expect(explainFailure(address, new AggregateError([new Error('connect ECONNREFUSED')]))).toBe('connect ECONNREFUSED')
    expect(explainFailure(address, 'p@ss')).toBe('***')
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
    ['env:STORE', 'fs:./a?canary=b', 'The value of STORE may contain either "prefix" or "id" once after the "?", and nothing else.'],
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
