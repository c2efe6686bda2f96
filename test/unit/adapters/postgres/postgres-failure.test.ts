import { expect, it } from 'vitest'
import { postgresFailure, problemOf } from '../../../../src/adapters/postgres/postgres-failure.js'
import { SessionError } from '../../../../src/errors.js'

const SECRET = 'the private key'
const failure = (code: string, message = SECRET): Error => Object.assign(new Error(message), { code })
const action = { verb: 'write session "a" in', sessionId: 'a', damageCode: 'RECORD_CORRUPT' as const }

it.each([
  ['25006', /only reads.*Connect to the primary.*SQLSTATE 25006/u],
  ['53100', /disk of the server is full.*SQLSTATE 53100/u],
  ['53300', /no connection left/u],
  ['42501', /may not do that. Grant it USAGE/u],
  ['28P01', /refused the login/u],
  ['3D000', /no such database/u],
  ['57014', /did not answer in time/u],
  ['55P03', /kept a row locked/u],
  ['57P01', /connection was lost/u],
  ['08006', /connection was lost/u],
  ['ECONNREFUSED', /cannot be reached.*\(ECONNREFUSED\)/u],
  ['CONNECTION_ENDED', /client is closed/u],
  ['40P01', /kept conflicting/u],
  ['22P02', /See the cause.*SQLSTATE 22P02/u],
  ['', /See the cause of this error\.$/u],
])('a failure with the code "%s" says what to do, and never what the server quoted', (code, message) => {
  const error = postgresFailure(action, failure(code))
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', sessionId: 'a', message: expect.stringMatching(message), cause: { message: SECRET } })
  expect(error.message).toMatch(/^Could not write session "a" in PostgreSQL\. /u)
  expect(error.message).not.toContain(SECRET)
})

it.each([
  ['Connection terminated unexpectedly', 'lost'],
  ['timeout exceeded when trying to connect', 'lost'],
  ['Cannot use a pool after calling end on the pool', 'ended'],
  ['Client has encountered a connection error and is not queryable', 'ended'],
  ['Query read timeout', 'slow'],
  ['something else', 'other'],
])('what a driver says without a code is known by its words: %s', (message, problem) => {
  expect(problemOf(new Error(message))).toBe(problem)
})

it('a host of which every address refuses is one that cannot be reached', () => {
  expect(problemOf(new AggregateError([failure('ECONNREFUSED'), failure('ECONNREFUSED')]))).toBe('unreachable')
})

it('damaged data has the code of the action for it', () => {
  expect(postgresFailure(action, failure('XX001')).code).toBe('RECORD_CORRUPT')
  expect(postgresFailure({ ...action, code: 'REPOSITORY_FAILED' }, failure('53100')).code).toBe('REPOSITORY_FAILED')
})

it('an error that says what to do already stays', () => {
  const error = new SessionError('STALE_WRITER', 'old')
  expect(postgresFailure(action, error)).toBe(error)
})
