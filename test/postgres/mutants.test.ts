// Breaks the functions of the lock one by one: the contract has to notice each time.
import { afterAll, describe, expect, it } from 'vitest'
import { migration } from '../../src/adapters/postgres/schema-sql.js'
import { type ContractCase, lockClusterContract, sessionLockContract, sessionStoreContract } from '../../src/testing/index.js'
import { PG_POOL } from './postgres-clients.js'
import { newSchema, PostgresSubjects } from './postgres-subjects.js'

interface SqlMutant {
  readonly name: string
  /** What is replaced in the functions, everywhere, and by what. */
  readonly changes: readonly (readonly [from: string, to: string])[]
  /** A case that notices. */
  readonly caughtBy: string
}

const ONE_OF_MANY = 'of many who ask at once exactly one gets the lock'

const LOCK_MUTANTS: readonly SqlMutant[] = [
  {
    name: 'looks at the row without locking it',
    // Slowly, so that others look meanwhile.
    changes: [['WHERE session_id = p_session FOR UPDATE', 'WHERE session_id = p_session; PERFORM pg_sleep(0.02)']],
    caughtBy: ONE_OF_MANY,
  },
  {
    name: 'takes whatever was changed since it was seen',
    changes: [
      ['v_session.token <> p_token', 'false'],
      ['v_process.expires_at > clock_timestamp() AND v_process.beats IS DISTINCT FROM p_beats', 'false'],
    ],
    caughtBy: ONE_OF_MANY,
  },
  {
    name: 'hands the same token out again',
    changes: [['greatest(v_session.token + 1, floor(extract(epoch FROM clock_timestamp())::double precision * 1000)::bigint)', 'greatest(v_session.token, 1)']],
    caughtBy: 'tokens are safe integers, and rise after each release',
  },
  {
    name: 'frees nobody',
    changes: [
      ['WHERE session_id = p_session AND token = p_token AND nonce = p_nonce', 'WHERE false'],
      ['IF p_is_last THEN', 'IF false THEN'],
    ],
    caughtBy: 'tokens rise from process to process',
  },
  {
    name: 'forgets that the process lives',
    changes: [["expires_at = clock_timestamp() + p_lease_ms * interval '1 millisecond'", 'expires_at = clock_timestamp()']],
    caughtBy: 'a lock that nobody holds is given, and then to nobody else',
  },
  {
    name: 'renews what has run out',
    changes: [['NOT FOUND OR v_process.expires_at <= clock_timestamp() OR v_process.newest_token < p_newest', 'NOT FOUND']],
    caughtBy: 'a lease that was not renewed in time has ended, says so, and can be taken again',
  },
]

const STORE_MUTANTS: readonly SqlMutant[] = [
  {
    name: 'takes old tokens',
    changes: [['IF p_token < v_session.token THEN', 'IF false THEN']],
    caughtBy: 'a token that is older than the newest one is refused',
  },
  {
    name: 'takes writes without a token',
    changes: [['IF p_token IS NULL AND v_session.token IS DISTINCT FROM p_dead', 'IF false']],
    caughtBy: 'without a token a session is written only while nobody holds its lock',
  },
  {
    name: 'counts every write as sent before',
    changes: [['IF v_session.writer = p_writer AND p_number <= v_session.write_number THEN', 'IF v_session.write_number > 0 THEN']],
    caughtBy: 'the newest token is good as often as it comes',
  },
  { name: 'replaces nothing', changes: [['IF p_replace THEN', 'IF false THEN']], caughtBy: 'the newest token is good as often as it comes' },
  {
    name: 'keeps no session on the list',
    changes: [['SET has_records = v_has_records,', 'SET has_records = false,']],
    caughtBy: 'list has every session once',
  },
]

const CLUSTER_MUTANTS: readonly SqlMutant[] = [
  {
    name: 'keeps a note for the next holder',
    changes: [[', note = NULL, note_number = 0', ', note_number = 0']],
    caughtBy: 'a note goes with its lease, and the next lease has none',
  },
  {
    name: 'takes notes in the order in which they come',
    // The first one is the slowest.
    changes: [
      ['WHERE lock_change.note_number < excluded.note_number', ''],
      ['PERFORM FROM', 'PERFORM pg_sleep(0.2 / p_number); PERFORM FROM'],
    ],
    caughtBy: 'of notes that are made at once the last one counts',
  },
]

const subjects = new PostgresSubjects(PG_POOL)
afterAll(() => subjects[Symbol.asyncDispose]())

/** A new schema whose functions are broken. */
async function brokenSchema({ changes }: SqlMutant): Promise<string> {
  const schema = newSchema()
  let sql = migration(schema)
  for (const [from, to] of changes) {
    expect(sql, 'what the mutant changes').toContain(from)
    sql = sql.replaceAll(from, () => to)
  }
  await subjects.run(sql)
  return schema
}

/** Whether a case passes. */
async function passes(cases: readonly ContractCase[], name: string): Promise<boolean> {
  const found = cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`There is no case "${name}".`)
  return found.run().then(
    () => true,
    () => false,
  )
}

describe('the contract of a lock notices one that', () => {
  it.each(LOCK_MUTANTS)('$name', async (mutant) => {
    const cases = sessionLockContract(async () => subjects.openStoreLock(await brokenSchema(mutant)), subjects.storeLockHooks)
    expect(await passes(cases, mutant.caughtBy)).toBe(false)
  })
})

describe('the contract of a cluster notices one that', () => {
  it.each(CLUSTER_MUTANTS)('$name', async (mutant) => {
    const cases = lockClusterContract(async () => subjects.openStoreLock(await brokenSchema(mutant)), subjects.storeLockHooks)
    expect(await passes(cases, mutant.caughtBy)).toBe(false)
  })
})

describe('the contract of a store notices one that', () => {
  it.each(STORE_MUTANTS)('$name', async (mutant) => {
    const cases = sessionStoreContract(async () => subjects.openStore(await brokenSchema(mutant)), subjects.storeHooks)
    expect(await passes(cases, mutant.caughtBy)).toBe(false)
  })
})
