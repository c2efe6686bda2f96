import { withDeadline } from '../../async/deadline.js'
import type { SupabaseRequest, SupabaseTable, SupabaseTableClient } from './supabase-client.js'
import { isPassing, type SupabaseAction, SupabaseFailure, supabaseFailure } from './supabase-failure.js'

/** How long a call may take, with everything that it tries: the client waits for ever. */
const CALL_TIMEOUT_MS = 10_000

/** How often a call is tried at most, and how long it waits before the second time; twice as long before each one after. */
const TRIES = 3
const FIRST_PAUSE_MS = 50

/** Makes a request, anew each time that it is tried. */
type MakeRequest = (table: SupabaseTable) => SupabaseRequest

/** How a repository talks to Supabase: with a deadline, again when what failed may pass, and every failure a `SessionError`. */
export class SupabaseConnection {
  readonly #client: SupabaseTableClient
  readonly #table: string

  /** Asks nothing yet. */
  constructor(client: SupabaseTableClient, table: string) {
    this.#client = client
    this.#table = table
  }

  /** The rows that are read or were changed. */
  async rows(action: SupabaseAction, makeRequest: MakeRequest, timeoutMs: number = CALL_TIMEOUT_MS): Promise<readonly unknown[]> {
    const controller = new AbortController()
    const onDeadline = (): SupabaseFailure => {
      controller.abort()
      return SupabaseFailure.timeout(timeoutMs)
    }
    try {
      return await withDeadline(this.#tryAgain(makeRequest, controller.signal), timeoutMs, onDeadline)
    } catch (error) {
      throw error instanceof SupabaseFailure ? supabaseFailure(action, error) : error
    }
  }

  async #tryAgain(makeRequest: MakeRequest, signal: AbortSignal): Promise<readonly unknown[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#try(makeRequest, signal)
      } catch (error) {
        if (tries === TRIES || signal.aborted || !(error instanceof SupabaseFailure) || !isPassing(error)) throw error
        await new Promise((resolve) => {
          setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2))
        })
      }
    }
  }

  async #try(makeRequest: MakeRequest, signal: AbortSignal): Promise<readonly unknown[]> {
    const request = makeRequest(this.#client.from(this.#table)).abortSignal(signal)
    // What the client tries by itself takes seconds, and is done for reading alone.
    const { data, error, status } = await (request.retry?.(false) ?? request).then(
      (answer) => answer,
      (failure: unknown) => ({ data: null, error: failure ?? {}, status: 0 }),
    )
    if (error !== null && error !== undefined) throw new SupabaseFailure(error, status)
    // What cannot be understood must never be taken for "nothing is there".
    if (!Array.isArray(data)) throw new SupabaseFailure({ message: 'The answer is no list of rows.' }, status)
    const rows: readonly unknown[] = data
    return rows
  }
}
