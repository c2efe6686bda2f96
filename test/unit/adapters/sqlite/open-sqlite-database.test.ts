import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openSqliteDatabase, type OpenSqliteOptions } from '../../../../src/adapters/sqlite/open-sqlite-database.js'
import type { SqliteDatabase } from '../../../../src/adapters/sqlite/sqlite-database.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { outcome } from '../../../support/outcome.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'
import { openStore } from './opened.js'

async function open(path: string, options?: OpenSqliteOptions): Promise<SqliteDatabase> {
  const database = await openSqliteDatabase(path, options)
  onTestFinished(() => {
    database.close()
  })
  return database
}

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

it('makes the file, what SQLite keeps beside it and the folders above for this user alone', async () => {
  const before = process.umask(0)
  onTestFinished(() => {
    process.umask(before)
  })
  const file = join(temporaryFolder(), 'new', 'deeper', 'sessions.db')
  const store = openStore(await open(file))
  await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
  expect([file, `${file}-wal`, `${file}-shm`].map(modeOf)).toEqual(['600', '600', '600'])
  expect([dirname(file), dirname(dirname(file))].map(modeOf)).toEqual(['700', '700'])
})

it('leaves the mode of a file that is there', async () => {
  const file = join(temporaryFolder(), 'sessions.db')
  writeFileSync(file, '')
  chmodSync(file, 0o640)
  const store = openStore(await open(file, { create: false }))
  await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
  expect(modeOf(file)).toBe('640')
})

it('makes nothing when it is told so', async () => {
  const file = join(temporaryFolder(), 'missing', 'sessions.db')
  expect(await outcome(openSqliteDatabase(file, { create: false }))).toBe(
    `STORE_UNAVAILABLE: Could not open the SQLite database ${file}: there is no such file.`,
  )
  expect(existsSync(dirname(file))).toBe(false)
})

it('refuses a folder, a file in the place of a folder, and what is no path', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'sessions.db'))
  expect(await outcome(openSqliteDatabase(join(folder, 'sessions.db')))).toMatch(/^STORE_UNAVAILABLE: .*it is a folder/)
  writeFileSync(join(folder, 'file'), '')
  expect(await outcome(openSqliteDatabase(join(folder, 'file', 'sessions.db')))).toMatch(/^STORE_UNAVAILABLE: .*ENOTDIR/)
  await expect(openSqliteDatabase('')).rejects.toThrow(RangeError)
  await expect(openSqliteDatabase('a\0b')).rejects.toThrow(RangeError)
  await expect(openSqliteDatabase(5 as never)).rejects.toThrow(TypeError)
})

it('takes no path for an address on the network', async () => {
  const before = process.cwd()
  process.chdir(temporaryFolder())
  onTestFinished(() => {
    process.chdir(before)
  })
  const database = await openSqliteDatabase('libsql://127.0.0.1:1/x')
  database.exec('CREATE TABLE here (text TEXT)')
  database.close()
  expect(statSync(join('libsql:', '127.0.0.1:1', 'x')).size).toBeGreaterThan(0)
})

it('opens one in memory without a file', async () => {
  const store = openStore(await open(':memory:'))
  await store.write('a', [{ ...CREDS_KEY, value: 'c' }])
  expect(existsSync(':memory:')).toBe(false)
})
