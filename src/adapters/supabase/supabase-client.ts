/** What came of a request. */
export interface SupabaseAnswer {
  /** The rows, when all went well. */
  readonly data: unknown
  /** What went wrong, as PostgREST says it; `null` when nothing did. */
  readonly error: unknown
  /** The HTTP status; 0 when no answer came. */
  readonly status: number
}

/** A table of the client's schema. */
export interface SupabaseTable {
  /** Reads rows. */
  select(columns: string): PromiseLike<SupabaseAnswer>
  /** Changes rows. */
  update(row: object): PromiseLike<SupabaseAnswer>
  /** Inserts a row. */
  upsert(row: object, options: { onConflict: string; ignoreDuplicates: boolean }): PromiseLike<SupabaseAnswer>
  /** Removes rows. */
  delete(): PromiseLike<SupabaseAnswer>
}

/** What reads and changes tables over PostgREST: what `createClient` of `@supabase/supabase-js` returns. */
export interface SupabaseTableClient {
  /** A table, of which nothing is asked yet. */
  from(table: string): SupabaseTable
}

/**
 * A request that can be narrowed down until it is awaited. It is no part of the public type: the compiler cannot compare it with that of
 * supabase-js, which depends on itself too deeply.
 */
export interface SupabaseRequest extends PromiseLike<SupabaseAnswer> {
  select(columns: string): SupabaseRequest
  eq(column: string, value: string): SupabaseRequest
  gt(column: string, value: string): SupabaseRequest
  not(column: string, operator: 'is', value: null): SupabaseRequest
  order(column: string): SupabaseRequest
  limit(rows: number): SupabaseRequest
  abortSignal(signal: AbortSignal): SupabaseRequest
  /** Older clients have none, and do not try again. */
  retry?(isEnabled: boolean): SupabaseRequest
}

const STEPS = ['select', 'eq', 'gt', 'not', 'order', 'limit', 'abortSignal'] as const

/** What a table answers, as a request that can be narrowed down. Throws `TypeError` for what is none. */
export function asRequest(answer: PromiseLike<SupabaseAnswer>): SupabaseRequest {
  if (isRequest(answer)) return answer
  throw new TypeError('Option "client" must be a client of @supabase/supabase-js, version 2 or later.')
}

function isRequest(answer: PromiseLike<SupabaseAnswer>): answer is SupabaseRequest {
  return STEPS.every((step) => typeof Reflect.get(answer, step) === 'function')
}
