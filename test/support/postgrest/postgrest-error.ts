import pg from 'pg'

/** An error as PostgREST answers it. */
export class PostgrestServerError extends Error {
  readonly status: number
  readonly body: object

  constructor(status: number, code: string, message: string, details: string | null = null, hint: string | null = null) {
    super(message)
    this.status = status
    this.body = { code, message, details, hint }
  }

  /** What a failure of PostgreSQL becomes. */
  static of(error: unknown, isAnonymous: boolean): PostgrestServerError {
    if (error instanceof PostgrestServerError) return error
    if (!(error instanceof pg.DatabaseError)) return new PostgrestServerError(503, 'PGRST001', 'Database client error. Retrying the connection.')
    const { code = '', message, detail = null, hint = null } = error
    return new PostgrestServerError(statusOf(code, isAnonymous), code, message, detail, hint)
  }
}

function statusOf(code: string, isAnonymous: boolean): number {
  if (code === '42501') return isAnonymous ? 401 : 403
  const status = STATUSES.find(([prefix]) => code.startsWith(prefix))?.[1]
  return status ?? 400
}

/** By SQLSTATE, or how one begins: the first that fits. */
const STATUSES: readonly (readonly [prefix: string, status: number])[] = [
  ['08', 503],
  ['23503', 409],
  ['23505', 409],
  ['25006', 405],
  ['25', 500],
  ['40', 500],
  ['42P01', 404],
  ['42883', 404],
  ['53400', 500],
  ['53', 503],
  ['54', 500],
  ['55', 500],
  ['57P01', 503],
  ['57', 500],
  ['58', 500],
  ['XX', 500],
]
