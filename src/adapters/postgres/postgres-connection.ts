import { withDeadline } from '../../async/deadline.js'
import { SessionError } from '../../errors.js'
import type { PostgresClient, PostgresValue } from './postgres-client.js'
import { DeadlineError, type PostgresAction, postgresFailure, type PostgresProblem, problemOf } from './postgres-failure.js'

/** How long a call may take, with everything that it tries: drivers wait for ever. */
export const CALL_TIMEOUT_MS = 10_000

/** How often a call is tried at most, and how long it waits before the second time; twice as long before each one after. */
const TRIES = 6
const FIRST_PAUSE_MS = 20

/**
 * What passes. Whatever is sent here may be carried out twice, so that it may be sent again when its answer was lost: the functions of the
 * schema and the statements of the repository are made that way.
 */
const PASSING: readonly PostgresProblem[] = ['conflict', 'lost', 'unreachable']

/** One statement, made anew each time that it is tried. */
type MakeStatement = () => readonly [sql: string, ...params: PostgresValue[]]

/** How a store or a repository talks to PostgreSQL: with a deadline, again when what failed may pass, and every failure a `SessionError`. */
export class PostgresConnection {
  readonly #client: PostgresClient

  /** Asks nothing yet. */
  constructor(client: PostgresClient) {
    this.#client = client
  }

  /** Runs one statement. It has one row with one column, `answer`, which is JSON text: so no driver's settings change what it says. */
  async ask(action: PostgresAction, statement: MakeStatement, timeoutMs: number = CALL_TIMEOUT_MS): Promise<unknown> {
    const deadline = performance.now() + timeoutMs
    for (let tries = 1; ; tries += 1) {
      try {
        const [sql, ...params] = statement()
        const { rows } = await withDeadline(this.#query(sql, params), deadline - performance.now(), () => new DeadlineError(timeoutMs))
        return parseAnswer(rows)
      } catch (error) {
        const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2)
        if (tries === TRIES || !PASSING.includes(problemOf(error)) || performance.now() + pauseMs >= deadline) throw postgresFailure(action, error)
        await new Promise((resolve) => {
          setTimeout(resolve, pauseMs)
        })
      }
    }
  }

  /** A client may throw where it should reject. */
  async #query(sql: string, params: PostgresValue[]): Promise<{ readonly rows: readonly unknown[] }> {
    return this.#client.query(sql, params)
  }
}

function parseAnswer(rows: unknown): unknown {
  // What cannot be understood must never be taken for "nothing is there".
  const row: unknown = Array.isArray(rows) ? (rows[0] ?? { answer: null }) : undefined
  const text = fieldOf(row, 'answer')
  if (text === null) return null
  if (typeof text === 'string') return JSON.parse(text)
  throw new SessionError(
    'STORE_UNAVAILABLE',
    'The PostgreSQL client answers in another form than { rows: [{ column: value }] }. Pass a Pool of pg, or wrap your client so that it answers like one.',
  )
}

/** A field of an answer. */
export function fieldOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null ? (Reflect.get(answer, name) as unknown) : undefined
}

/** A number of an answer; 0 when it has none. */
export function numberOf(answer: unknown, name: string): number {
  const value = fieldOf(answer, name)
  return typeof value === 'number' ? value : 0
}

/** A text of an answer; `null` when it has none. */
export function textOf(answer: unknown, name: string): string | null {
  const value = fieldOf(answer, name)
  return typeof value === 'string' ? value : null
}
