import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { DoctorReport } from '../../src/cli/doctor/doctor-report.js'
import { openSqliteDatabase, SqliteSessionStore, type SqliteDatabase } from '../../src/sqlite.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { type Outcome, runCommand } from './command-line.js'
import { fileStore, MASKED, storePaired } from './stored-sessions.js'

interface Place {
  folder: string
  file: string
  name: string
  store: SqliteSessionStore
}

async function openDatabase(file: string): Promise<SqliteDatabase> {
  const database = await openSqliteDatabase(file)
  onTestFinished(() => {
    database.close()
  })
  return database
}

/** A database with two sessions, which somebody has open. */
async function databaseOfTwo(): Promise<Place> {
  const folder = temporaryFolder()
  const file = join(folder, 'sessions.db')
  const store = new SqliteSessionStore({ database: await openDatabase(file) })
  onTestFinished(() => store.close())
  for (const id of ['a', 'b']) await storePaired(store, id)
  return { folder, file, name: `sqlite:${file}`, store }
}

async function states(name: string, options: string[] = []): Promise<string[]> {
  const { output } = await runCommand(['doctor', name, '--json', ...options])
  return (JSON.parse(output) as DoctorReport).sessions.map(
    ({ sessionId, state, encryption, records, phoneNumber }) => `${sessionId} ${state} ${encryption} ${records} ${phoneNumber ?? ''}`,
  )
}

it('doctor and list look at a database, also while it is open elsewhere', async () => {
  const { name, store } = await databaseOfTwo()
  const lease = await store.lock.acquire('b')
  expect(await states(name)).toEqual([`a restorable plain 4 ${MASKED}`, `b restorable plain 4 ${MASKED}`])
  expect((await runCommand(['doctor', name])).output).toContain(`b: restorable, running in ${lease?.owner ?? ''} (pid ${process.pid}), `)
  expect(await runCommand(['list', name])).toEqual({ code: 0, output: 'a\nb\n', errors: '' })
  await lease?.release()
})

it('copy goes from a folder to a database and back', async () => {
  const folder = temporaryFolder()
  const creds = await storePaired(fileStore(join(folder, 'from')), 'a')
  expect((await runCommand(['copy', `fs:${folder}/from`, `sqlite:${folder}/new/sessions.db`])).code).toBe(0)
  expect((await runCommand(['copy', `sqlite:${folder}/new/sessions.db`, `fs:${folder}/back`])).code).toBe(0)
  expect(readFileSync(join(folder, 'back', 'session-a', 'creds.json'), 'utf8')).toBe(creds)
})

it('delete removes a session, and none that is run', async () => {
  const { name, store } = await databaseOfTwo()
  const lease = await store.lock.acquire('a')
  expect(await runCommand(['delete', name, 'a', '--yes'])).toMatchObject({ code: 1, errors: expect.stringContaining('is running in') })
  await lease?.release()
  expect((await runCommand(['delete', name, 'a', '--yes'])).code).toBe(0)
  expect((await runCommand(['list', name])).output).toBe('b\n')
})

/** Whether a text stands in a database, or in one of the files that SQLite keeps beside it. */
function holdsText(file: string, text: string): boolean {
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(basename(file)))
    .some((name) => readFileSync(join(dirname(file), name)).includes(text))
}

it('encrypt leaves no old text in the files of the database', async () => {
  const folder = temporaryFolder()
  const creds = await storePaired(fileStore(join(folder, 'from')), 'a')
  const [secret = ''] = /"data":"([^"]+)"/u.exec(creds)?.slice(1) ?? []
  const name = `sqlite:${folder}/sessions.db`
  await runCommand(['copy', `fs:${folder}/from`, name])
  const holds = (): boolean => holdsText(join(folder, 'sessions.db'), secret)
  expect(holds()).toBe(true)
  await runCommand(['new-key', `${folder}/keys.json`])
  expect(await runCommand(['encrypt', name, '--key-file', `${folder}/keys.json`])).toMatchObject({
    code: 0,
    output: 'Encrypted 1 session, 0 unchanged, 0 failed.\n',
  })
  expect(holds()).toBe(false)
  expect(await states(name, ['--key-file', `${folder}/keys.json`])).toEqual([`a restorable encrypted 4 ${MASKED}`])
})

it('encrypt leaves no old text in free pages either, such as that of records which are gone', async () => {
  const { folder, file, name, store } = await databaseOfTwo()
  const secret = 'of a record which is gone '.repeat(400)
  const keys = Array.from({ length: 20 }, (_, index) => ({ type: 'pre-key', id: `gone ${index}` }))
  await store.write(
    'a',
    keys.map((key) => ({ ...key, value: secret })),
  )
  await store.write(
    'a',
    keys.map((key) => ({ ...key, value: null })),
  )
  await runCommand(['new-key', `${folder}/keys.json`])
  expect((await runCommand(['encrypt', name, '--key-file', `${folder}/keys.json`])).code).toBe(0)
  expect(readFileSync(file).includes('of a record which is gone')).toBe(false)
})

it('encrypt says when old texts may be left, because the database is in use', async () => {
  const { folder, name, file } = await databaseOfTwo()
  await runCommand(['new-key', `${folder}/keys.json`])
  const reader = await openDatabase(file)
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM baileys_sessions_record').all()
  const encrypt = ['encrypt', name, '--key-file', `${folder}/keys.json`]
  expect(await runCommand(encrypt)).toMatchObject({
    code: 1,
    output: 'Encrypted 2 sessions, 0 unchanged, 0 failed.\n',
    errors: expect.stringContaining('Run this again when nothing uses the database'),
  })
  expect(holdsText(file, 'canary-key')).toBe(true)
  reader.exec('COMMIT')
  // What was left is caught up on, also by a run that finds nothing else to do.
  expect(await runCommand(encrypt)).toMatchObject({ code: 0, output: 'Encrypted 0 sessions, 2 unchanged, 0 failed.\n' })
  expect(holdsText(file, 'canary-key')).toBe(false)
})

it.each([['doctor'], ['list'], ['fleet'], ['drain'], ['delete'], ['encrypt']])(
  '%s makes no tables in a database of something else, and changes no other file',
  async (command) => {
    const folder = temporaryFolder()
    const file = join(folder, 'app.db')
    const database = await openSqliteDatabase(file)
    database.exec('CREATE TABLE customers (name TEXT)')
    database.close()
    await runCommand(['new-key', `${folder}/keys.json`])
    const before = readFileSync(file)
    const more: Record<string, string[]> = { drain: ['a', '--yes'], delete: ['a', '--yes'], encrypt: ['--key-file', `${folder}/keys.json`] }
    const run = (store: string): Promise<Outcome> => runCommand([command, store, ...(more[command] ?? [])])
    expect(await run(`sqlite:${file}`)).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('contains no baileys-sessions tables') })
    expect(readFileSync(file).equals(before)).toBe(true)
    const text = join(folder, 'text.db')
    writeFileSync(text, 'a text, and no database at all'.repeat(100), { mode: 0o600 })
    expect(await run(`sqlite:${text}`)).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('SQLITE_NOTADB') })
    expect(readFileSync(text, 'utf8')).toBe('a text, and no database at all'.repeat(100))
    expect(await run(`sqlite:${folder}/none.db`)).toMatchObject({ code: 1, errors: expect.stringContaining('does not exist') })
    expect(existsSync(join(folder, 'none.db'))).toBe(false)
  },
)

it('doctor, status, fleet and list change not one byte of a database', async () => {
  const { folder, file } = await databaseOfTwo()
  await runCommand(['copy', `sqlite:${file}`, `sqlite:${folder}/copy.db`])
  const before = readFileSync(join(folder, 'copy.db'))
  for (const command of ['doctor', 'status', 'fleet', 'list']) await runCommand([command, `sqlite:${folder}/copy.db`])
  expect(readFileSync(join(folder, 'copy.db')).equals(before)).toBe(true)
  // All of it is in the file: the log is empty after a copy.
  expect(await openedCopy(join(folder, 'copy.db'), join(folder, 'alone.db'))).toEqual(['a', 'b'])
})

it('doctor, status, fleet and list leave the journal mode as it is', async () => {
  const copy = join(temporaryFolder(), 'sessions.db')
  const database = await openSqliteDatabase(copy)
  const store = new SqliteSessionStore({ database })
  await storePaired(store, 'a')
  await store.close()
  expect(database.prepare('PRAGMA journal_mode = DELETE').all()).toMatchObject([{ journal_mode: 'delete' }])
  database.close()
  const before = readFileSync(copy)
  for (const command of ['doctor', 'status', 'fleet', 'list']) expect(await runCommand([command, `sqlite:${copy}`])).toMatchObject({ code: 0, errors: '' })
  expect(readFileSync(copy).equals(before)).toBe(true)
})

it.each(['doctor', 'status', 'fleet', 'list'])('%s says of tables of an older version what brings them up to date, and does not do it', async (command) => {
  const file = join(temporaryFolder(), 'older.db')
  const database = await openSqliteDatabase(file)
  database.exec(readFileSync(new URL('../unit/adapters/sqlite/schema-version-2.sql', import.meta.url), 'utf8'))
  database.close()
  const before = readFileSync(file)
  const refused = {
    code: 1,
    output: '',
    errors: expect.stringMatching(/older\.db have schema version 2, but this baileys-sessions reads version 4\..* doctor sqlite:\S+ --repair\./u),
  }
  expect(await runCommand([command, `sqlite:${file}`])).toMatchObject(refused)
  expect(readFileSync(file).equals(before)).toBe(true)
  await runCommand(['doctor', `sqlite:${file}`, '--repair'])
  expect((await runCommand(['list', `sqlite:${file}`])).output).toBe('shop\n')
})

/** The sessions of a database whose file alone was copied. */
async function openedCopy(from: string, to: string): Promise<string[]> {
  copyFileSync(from, to)
  return (await runCommand(['list', `sqlite:${to}`])).output.trimEnd().split('\n')
}
