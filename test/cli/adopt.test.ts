import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useMultiFileAuthState } from '@whiskeysockets/baileys'
import { openSqliteDatabase, SqliteSessionStore } from '../../src/sqlite.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, PHONE, snapshot, storePaired } from './stored-sessions.js'

/** A place with folders of paired sessions, as stock code makes them. */
async function place(...folders: string[]): Promise<string> {
  const directory = temporaryFolder()
  const made = temporaryFolder()
  const store = fileStore(made, '')
  for (const folder of folders) {
    await storePaired(store, 'x')
    mkdirSync(join(directory, folder, '..'), { recursive: true })
    renameSync(join(made, 'x'), join(directory, folder))
  }
  return directory
}

/** Runs it, and sees that nothing was changed. */
async function adopt(directory: string, folder: string, ...options: string[]): Promise<{ code: number; output: string; errors: string }> {
  const before = snapshot(directory)
  const result = await runCommand(['adopt', folder, ...options], { directory })
  expect(snapshot(directory)).toEqual(before)
  expect(result.output + result.errors).not.toMatch(/canary|private|noiseKey/u)
  expect(result.output).not.toContain(PHONE)
  return result
}

function browserProfile(path: string): void {
  mkdirSync(join(path, 'Default'), { recursive: true })
  writeFileSync(join(path, 'Local State'), '{}')
}

describe('adopt', () => {
  it('names one folder of useMultiFileAuthState, whatever it is called', async () => {
    expect(await adopt(await place('auth_info_baileys'), './auth_info_baileys')).toEqual({
      code: 0,
      output: [
        `./auth_info_baileys is the folder of one session: linked to ${MASKED}.`,
        '',
        "  new FileSystemSessionStore({ folders: { main: './auth_info_baileys' } })",
        '',
        "On the command line: npx baileys-sessions doctor 'fs:./auth_info_baileys?id=main'",
        "Stop the old process first: two clients on one folder permanently damage each other's keys.",
        '',
      ].join('\n'),
      errors: '',
    })
  })

  it.each([
    [['session-a', 'session-b'], "new FileSystemSessionStore({ directory: '.' })", 'fs:.'],
    [['session-a'], "new FileSystemSessionStore({ directory: '.' })", 'fs:.'],
    [['wa_a', 'wa_b', 'src/x'], "new FileSystemSessionStore({ directory: '.', prefix: 'wa_' })", 'fs:.?prefix=wa_'],
    [['acme', 'bolt'], "new FileSystemSessionStore({ directory: '.', prefix: '' })", 'fs:.?prefix='],
    [['shop 1', 'shop 2'], "new FileSystemSessionStore({ directory: '.', prefix: '' })", 'fs:.?prefix='],
    [['acme', 'bo-lt', 'src/x'], "new FileSystemSessionStore({ folders: { acme: './acme', 'bo-lt': './bo-lt' } })", null],
    [['auth', 'src/x'], "new FileSystemSessionStore({ folders: { main: './auth' } })", 'fs:./auth?id=main'],
  ])('finds %j, and says %s', async (folders, constructorCall, store) => {
    const directory = await place(...folders)
    const { code, output } = await adopt(directory, '.', '--json')
    expect([code, JSON.parse(output)]).toEqual([0, expect.objectContaining({ version: 1, constructorCall, store, needsPerson: false })])
    if (store === null) return
    const listed = await runCommand(['list', store], { directory })
    expect(listed.output.split('\n').filter((line) => line !== '')).toHaveLength(folders.filter((folder) => !folder.includes('/')).length)
  })

  it('tells of a folder with creds and folders with creds in it', async () => {
    const { output } = await adopt(await place('auth', 'auth/old'), 'auth', '--json')
    expect(JSON.parse(output)).toMatchObject({ constructorCall: "new FileSystemSessionStore({ folders: { main: 'auth', old: 'auth/old' } })" })
  })

  it.each(['.', '.wwebjs_auth', '.wwebjs_auth/session-shop'])('says of a browser profile, at %s, that it cannot be converted', async (folder) => {
    const directory = temporaryFolder()
    browserProfile(join(directory, '.wwebjs_auth', 'session-shop'))
    const { code, output } = await adopt(directory, folder)
    expect([code, output]).toEqual([1, expect.stringContaining('npx baileys-sessions link fs:./sessions shop')])
    expect(output).toContain('1 browser profile of whatsapp-web.js: shop')
  })

  it.each(['auth.db', '.'])('knows the SQLite auth state of Baileys, at %s', async (path) => {
    const directory = temporaryFolder()
    const database = await openSqliteDatabase(join(directory, 'auth.db'))
    database.exec('CREATE TABLE creds (key TEXT PRIMARY KEY, value TEXT NOT NULL); CREATE TABLE signal_keys (type TEXT NOT NULL, id TEXT NOT NULL, value TEXT)')
    database.close()
    const { code, output } = await adopt(directory, path)
    expect([code, output]).toEqual([1, expect.stringContaining("auth.db is a database of Baileys' SQLite auth state.")])
  })

  it('knows a database of this library, and no other', async () => {
    const directory = temporaryFolder()
    const other = await openSqliteDatabase(join(directory, 'other.db'))
    other.exec('CREATE TABLE thing (id)')
    other.close()
    expect((await adopt(directory, './other.db')).errors).toContain('./other.db is neither a folder nor a SQLite database with sessions of Baileys.')
    const database = await openSqliteDatabase(join(directory, 'own.db'))
    const store = new SqliteSessionStore({ database })
    await storePaired(store, 'a')
    await store.close()
    database.close()
    const { code, output } = await adopt(directory, './own.db')
    expect([code, output]).toEqual([0, expect.stringContaining("new SqliteSessionStore({ database: await openSqliteDatabase('./own.db') })")])
  })

  it('says how a session stands that needs a person, or was never linked', async () => {
    const directory = await place('broken')
    writeFileSync(join(directory, 'broken', 'creds.json'), '{"noiseKey":')
    rmSync(join(directory, 'broken', '.creds.backup.json'))
    expect(await adopt(directory, 'broken')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/is the folder of one session: corrupt\. .*cannot be read/u),
    })
    const { saveCreds } = await useMultiFileAuthState(join(directory, 'fresh'))
    await saveCreds()
    expect(await adopt(directory, 'fresh')).toMatchObject({ code: 0, output: expect.stringContaining('never paired') })
  })

  it('says that nothing is there', async () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'src'))
    writeFileSync(join(directory, 'package.json'), '{}')
    expect(await adopt(directory, '.')).toMatchObject({ code: 1, output: expect.stringContaining('. has no session that this library knows.') })
    expect(await adopt(directory, 'nowhere')).toMatchObject({ code: 1, errors: expect.stringContaining('nowhere does not exist.') })
    expect(await adopt(directory, './package.json')).toMatchObject({ code: 1, errors: expect.stringContaining('is neither a folder nor') })
    expect((await runCommand(['adopt'])).code).toBe(2)
  })

  it('lets no name write to a terminal, or end a string in the code', async () => {
    const directory = await place("o'auth\u001B[2J")
    const { output } = await adopt(directory, "./o'auth\u001B[2J")
    expect(output).toContain(String.raw`{ main: './o\'auth\u{1b}[2J' }`)
  })
})
