import { expect, it } from 'vitest'
import * as library from '../../src/index.js'
import * as postgres from '../../src/postgres.js'
import * as redis from '../../src/redis.js'
import * as sqlite from '../../src/sqlite.js'
import * as supabase from '../../src/supabase.js'
import { codeIn, readPage, tableOf } from './markdown.js'

it('names stores and repositories that this package has', () => {
  const { rows } = tableOf(readPage('docs/stores.md'), 'store', 'guarantees', 'does not')
  const shipped = [library, postgres, redis, sqlite, supabase]
    .flatMap((entry) => Object.keys(entry))
    .filter((name) => /(?:SessionStore|ConnectionRepository)$|^encrypted$/u.test(name))
  expect(rows.map(([store = '']) => codeIn(store)[0]).sort()).toEqual(shipped.sort())
})
