import type { ClusterChanges, ClusterTable, HolderNote, NotedLock, ProcessEntry } from '../../lease/cluster-table.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseKey, ReleaseOptions } from '../../lease/lease-key.js'
import { fromColumn, toColumn } from '../column-text.js'
import { fieldOf, numberOf, textOf } from './postgres-connection.js'
import type { PostgresSchema } from './postgres-schema.js'
import { sessionColumn } from './session-column.js'

const FOLLOW = { verb: 'follow the locks in' }

const LIVING = '@.process LEFT JOIN @.member USING (nonce) WHERE expires_at > clock_timestamp()'

const PROCESS = `json_build_object('text', holder, 'entered', entered, 'isAskedToDrain', is_asked_to_drain,
  'leaseLeftMs', (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::double precision)`

const HOLDER = `SELECT json_build_object('process', ${PROCESS}, 'note', note)::text AS answer
  FROM @.session JOIN @.process USING (nonce) LEFT JOIN @.member USING (nonce) LEFT JOIN @.lock_change USING (session_id)
  WHERE session_id = $1 AND expires_at > clock_timestamp()`

/** Another one when the tables were emptied or made anew, and when another server answers: then a snapshot of before says nothing any more. */
const EPOCH = `concat_ws('-', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
  pg_relation_filenode(to_regclass($name$@.session$name$)), pg_relation_filenode(to_regclass($name$@.lock_change$name$)))`

const news = (locks: string): string => `WITH living AS MATERIALIZED (SELECT * FROM ${LIVING})
  SELECT json_build_object('epoch', ${EPOCH}, 'snapshot', pg_current_snapshot()::text, 'processes', (SELECT json_agg(${PROCESS}) FROM living), 'locks', (${locks}))::text AS answer`

const ALL = news(`SELECT json_agg(json_build_object('session', session_id, 'nonce', nonce, 'note', note))
  FROM @.session JOIN living USING (nonce) LEFT JOIN @.lock_change USING (session_id)`)

/**
 * The changes that a snapshot did not see. Transactions end in another order than they begin, so that a number which rises with each change would
 * leave out what came late; a snapshot knows who was under way. The upper bound leaves out rows of another server, whose backup was restored here.
 */
const SINCE = news(`SELECT json_agg(json_build_object('session', session_id, 'nonce', living.nonce, 'note', CASE WHEN living.nonce IS NOT NULL THEN note END))
  FROM @.lock_change LEFT JOIN @.session USING (session_id) LEFT JOIN living ON living.nonce = session.nonce
  WHERE changed_by >= pg_snapshot_xmin($1::text::pg_snapshot) AND changed_by < pg_snapshot_xmax(pg_current_snapshot())
    AND NOT pg_visible_in_snapshot(changed_by, $1::text::pg_snapshot)`)

/** What the processes of a cluster say, in tables beside the locks. A cursor is a snapshot of the server. */
export class PostgresClusterTable implements ClusterTable {
  readonly #schema: PostgresSchema
  readonly #leaseMs: number
  /** Numbers the notes, in the order in which they are made. */
  #notes = 0

  /** Touches no table yet. */
  constructor(schema: PostgresSchema, leaseMs: number) {
    this.#schema = schema
    this.#leaseMs = leaseMs
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    const answer = await this.#schema.call(
      { verb: 'announce this process in' },
      { name: 'enter', params: (deadline) => [holder.nonce, toColumn(JSON.stringify(holder)), toColumn(text), this.#leaseMs, deadline] },
    )
    return fieldOf(answer, 'outcome') === 'entered'
  }

  async leave(nonce: string, { isLast }: ReleaseOptions): Promise<void> {
    await this.#schema.call({ verb: 'take the announcement of this process out of' }, { name: 'leave', params: (deadline) => [nonce, isLast, deadline] })
  }

  async note({ sessionId, token, nonce }: LeaseKey, text: string): Promise<void> {
    this.#notes += 1
    const number = this.#notes
    await this.#schema.call(
      { verb: `note something beside the lock of session "${sessionId}" in`, sessionId },
      { name: 'note', params: (deadline) => [sessionColumn(sessionId), token, nonce, number, toColumn(text), deadline] },
    )
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    const action = { verb: `read the lock of session "${sessionId}" in`, sessionId }
    const row = await this.#schema.read(action, HOLDER, sessionColumn(sessionId))
    return row === null ? [] : [{ process: toProcess(fieldOf(row, 'process')), note: toOptional(row, 'note') }]
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    const [epoch, snapshot] = cursor?.split(' ') ?? []
    if (snapshot !== undefined) {
      const answer = await this.#schema.read(FOLLOW, SINCE, snapshot)
      if (textOf(answer, 'epoch') === epoch) return toChanges(answer, false)
    }
    return toChanges(await this.#schema.read(FOLLOW, ALL), true)
  }

  async askToDrain(nonce: string): Promise<boolean> {
    const answer = await this.#schema.call(
      { verb: 'ask a process to hand its sessions over through' },
      { name: 'ask_to_drain', params: (deadline) => [nonce, deadline] },
    )
    return fieldOf(answer, 'outcome') === 'asked'
  }
}

function toChanges(answer: unknown, isComplete: boolean): ClusterChanges {
  return {
    cursor: `${textOf(answer, 'epoch') ?? ''} ${textOf(answer, 'snapshot') ?? ''}`,
    isComplete,
    processes: listOf(answer, 'processes').map(toProcess),
    locks: listOf(answer, 'locks').map(toLock),
  }
}

function toProcess(row: unknown): ProcessEntry {
  return {
    text: textOf(row, 'text') ?? '',
    // The server knows who lives. Whom it tells was heard of lately enough.
    lastSignAt: Date.now(),
    entered: toOptional(row, 'entered'),
    isAskedToDrain: fieldOf(row, 'isAskedToDrain') === true,
    leaseLeftMs: numberOf(row, 'leaseLeftMs'),
  }
}

function toLock(row: unknown): NotedLock {
  return { sessionId: fromColumn(textOf(row, 'session') ?? ''), nonce: textOf(row, 'nonce'), note: toOptional(row, 'note') }
}

function toOptional(row: unknown, name: string): string | null {
  const column = textOf(row, name)
  return column === null ? null : fromColumn(column)
}

function listOf(answer: unknown, name: string): readonly unknown[] {
  const rows = fieldOf(answer, name)
  return Array.isArray(rows) ? rows : []
}
