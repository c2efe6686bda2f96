import { expect, it } from 'vitest'
import { findSqliteDriver, type SqliteDriverSource } from '../../../../src/adapters/sqlite/open-sqlite-database.js'
import { outcome } from '../../../support/outcome.js'

/** As a package without its binary: it is loaded, and fails with its first database. */
class WithoutBinary {
  readonly name = 'never made'

  constructor() {
    throw new Error('Could not locate the bindings file. Tried:\n → one place\n → another')
  }
}

const missing: SqliteDriverSource = [
  'not-installed',
  () => {
    throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
  },
]
const withoutBinary: SqliteDriverSource = ['without-binary', () => WithoutBinary]
const older: SqliteDriverSource = ['not-in-this-node', () => undefined]

function working(closed: string[], name: string): SqliteDriverSource {
  class Working {
    exec(): void {
      throw new Error('not used')
    }
    prepare(): unknown {
      return { run: () => null, get: () => null, all: () => [{ one: 1 }] }
    }
    close(): void {
      closed.push(name)
    }
  }
  return [name, () => Working]
}

it('takes the first driver that works, and leaves nothing open', () => {
  const closed: string[] = []
  const [first, second] = [working(closed, 'first'), working(closed, 'second')]
  expect(findSqliteDriver([missing, withoutBinary, older, first, second])).toBe(first[1]())
  expect(closed).toEqual(['first'])
})

it('says what to install when there is none', async () => {
  expect(await outcome((async () => findSqliteDriver([missing, older]))())).toBe(
    'STORE_UNAVAILABLE: No SQLite driver was found. Install better-sqlite3 or libsql, or use Node 22.13 or later.',
  )
})

it('says of one that was installed what is wrong with it', async () => {
  expect(await outcome((async () => findSqliteDriver([withoutBinary, missing]))())).toMatch(
    /or later\. without-binary is installed but does not work: Could not locate the bindings file\. Tried:$/,
  )
})

it('finds one here', () => {
  expect(findSqliteDriver()).toBeTypeOf('function')
})
