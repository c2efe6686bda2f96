import { SessionError } from '../../errors.js'
import { type PostgresProblem, problemOf as problemOfPostgres } from '../postgres/postgres-failure.js'

/** What was being done when a request failed. */
export interface SupabaseAction {
  /** In the infinitive, with what it is about: `read the connections in`. */
  verb: string
  /** The session it is about, when it is about one. */
  sessionId: string | undefined
}

/** The code of a request that had no answer in time, and of one whose answer older clients could not read. */
const TIMEOUT = 'TIMEOUT'
const NO_JSON = 'NO_JSON'

/** How much of what was answered is kept: it may be a whole page. */
const LONGEST_MESSAGE = 200

/** A request that failed, with what PostgREST says about it. */
export class SupabaseFailure extends Error {
  override readonly name: string = 'SupabaseFailure'
  /** That of PostgREST or PostgreSQL, or that of the system when no answer came; `''` when there is none. */
  readonly code: string
  /** The HTTP status; 0 when no answer came. */
  readonly status: number
  /** What PostgREST adds to it. */
  readonly details: unknown
  /** What PostgREST advises. */
  readonly hint: unknown

  /** Takes an error as the client gives it. */
  constructor(error: unknown, status = 0) {
    const message = textOf(error, 'message') || 'The request failed.'
    super(message.slice(0, LONGEST_MESSAGE))
    this.status = status
    this.details = fieldOf(error, 'details')
    this.hint = fieldOf(error, 'hint')
    this.code = textOf(error, 'code') || systemCode(error)
  }

  /** An answer that did not come within our own deadline. What was asked may be carried out yet, as a whole. */
  static timeout(timeoutMs: number): SupabaseFailure {
    return new SupabaseFailure({ message: `There was no answer within ${timeoutMs} ms.`, code: TIMEOUT })
  }
}

type SupabaseProblem = Exclude<PostgresProblem, 'lost' | 'ended'> | 'type' | 'garbled'

const ADVICE: Readonly<Record<SupabaseProblem, string>> = Object.freeze({
  conflict: 'It kept conflicting with other transactions. Look for what else writes to this table.',
  unreachable: 'It cannot be reached, or has no connection to its database. Check the URL of the client, the network, and that the project is not paused.',
  readOnly: 'The database only reads: it is a replica, or its disk is full.',
  full: 'The disk or the memory of the database is full. Free some space. Nothing was changed.',
  busy: 'It has no connection to its database left, or a limit of requests is reached.',
  denied:
    'The role of this key may not do that, or a policy (RLS) of the table refuses it. Use a secret or service-role key, or grant the role SELECT, INSERT, UPDATE and DELETE, with policies for each.',
  refused: 'It does not accept the key of the client. Check the key, and that it belongs to this project.',
  slow: 'It did not answer in time. Check its load, and for transactions that were left open.',
  locked: 'Another transaction kept the row locked. Look for a transaction that was left open.',
  missing:
    'The API shows no such table in the schema of the client, or the table has not all of the columns. Name them in "table" and "columns", with null for a column that it has not; postgresConnectionsTable() of "baileys-sessions/postgres" has the SQL of a table.',
  notUnique: 'The column of the session id has no primary key or UNIQUE constraint of its own. Add one.',
  constraint: 'A constraint of the table refuses the row. Columns of your own need a default or allow NULL, or the row has to be there before its session is.',
  type: 'The type of a column does not take the value: an enum has to know all statuses, and texts go into text, dates into timestamptz, the rest into jsonb.',
  garbled: 'The answer is not one of PostgREST. Check the URL of the client, and what is between.',
  damaged: 'The database found damaged data. Nothing was changed. Look into its log, and restore a backup.',
  other: 'See the cause of this error.',
})

/** What PostgREST, and what stands before it, adds to the codes of PostgreSQL. */
const PROBLEMS: Readonly<Record<string, SupabaseProblem>> = Object.freeze({
  [TIMEOUT]: 'slow',
  [NO_JSON]: 'garbled',
  PGRST000: 'unreachable',
  PGRST001: 'unreachable',
  PGRST002: 'unreachable',
  PGRST003: 'busy',
  PGRST106: 'missing',
  PGRST204: 'missing',
  PGRST205: 'missing',
  PGRST301: 'refused',
  PGRST302: 'refused',
  PGRST303: 'refused',
})

/** What passes. Whatever is asked may be carried out twice, so that it may be asked again when its answer was lost. */
export function isPassing(failure: SupabaseFailure): boolean {
  const problem = problemOf(failure)
  return problem === 'unreachable' || problem === 'conflict'
}

/** Any failure of a request as a `SessionError` that says what to do. */
export function supabaseFailure({ verb, sessionId }: SupabaseAction, failure: SupabaseFailure): SessionError {
  const message = `Could not ${verb} Supabase. ${ADVICE[problemOf(failure)]}${showCode(failure)}`
  return new SessionError('REPOSITORY_FAILED', message, { sessionId, cause: failure })
}

function problemOf(failure: SupabaseFailure): SupabaseProblem {
  const { code, status } = failure
  const known = PROBLEMS[code] ?? (/^22.{3}$/u.test(code) ? 'type' : undefined)
  if (known !== undefined) return known
  const problem = problemOfPostgres(failure)
  if (problem === 'lost' || problem === 'ended') return 'unreachable'
  return problem === 'other' && (code === '' || status === 0) ? problemOfStatus(status) : problem
}

/** What stands before PostgREST has no codes. */
function problemOfStatus(status: number): SupabaseProblem {
  if (status === 0 || status === 502 || status === 503 || status === 504 || (status >= 520 && status < 530)) return 'unreachable'
  if (status === 401 || status === 403) return 'refused'
  if (status === 429) return 'busy'
  return status < 500 ? 'garbled' : 'other'
}

/** Never the text of an answer: it may quote a value. */
function showCode({ code, status }: SupabaseFailure): string {
  if (/^[0-9A-Z_]{3,40}$/u.test(code)) return ` (${code})`
  return status === 0 ? '' : ` (HTTP ${status})`
}

/** Clients put the code of the system into a text, or leave it where Node has put it. */
function systemCode(error: unknown): string {
  if (/^SyntaxError\b/u.test(`${textOf(error, 'name')} ${textOf(error, 'message')}`.trimStart())) return NO_JSON
  return textOf(fieldOf(error, 'cause'), 'code') || (/\((E[A-Z]{3,}|UND_ERR_[A-Z_]+)\)/u.exec(textOf(error, 'details'))?.[1] ?? '')
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? (Reflect.get(error, name) as unknown) : undefined
}

function textOf(error: unknown, name: string): string {
  const value = fieldOf(error, name)
  return typeof value === 'string' ? value : ''
}
