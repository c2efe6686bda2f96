import type { IncomingMessage } from 'node:http'
import { PostgrestServerError } from './postgrest-error.js'

/** What is asked of a table. */
export interface PostgrestRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE'
  readonly table: string
  readonly select: readonly Selected[]
  readonly filters: readonly Filter[]
  readonly order: readonly { column: string; isDescending: boolean }[]
  readonly limit: number | null
  readonly offset: number
  readonly onConflict: readonly string[]
  readonly preferences: ReadonlySet<string>
  /** The rows of a change. */
  readonly rows: readonly object[]
}

/** A column that is answered; `*` for all. */
export interface Selected {
  readonly column: string
  readonly alias: string
  readonly cast: string | null
}

export interface Filter {
  readonly column: string
  readonly isNegated: boolean
  readonly operator: string
  readonly value: string
}

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'] as const

/** These are no filters. What is in quotes is one, whatever it is called. */
const RESERVED = ['select', 'columns', 'on_conflict', 'order', 'limit', 'offset']

/** A name, or one in quotes that hide every character but themselves. */
const NAME = String.raw`(?:"(?:[^"\\]|\\.)*"|[\p{L}\p{N}_$ -]+?)`
const SELECTED = new RegExp(`^(?:(?<alias>${NAME}):(?!:))?(?<column>${NAME}|\\*)(?:::(?<cast>[a-z0-9_ ]+))?$`, 'u')
const ORDERED = new RegExp(`^(?<column>${NAME})(?:\\.(?<direction>asc|desc))?$`, 'u')
const FILTERED = /^(?<not>not\.)?(?<operator>eq|neq|gt|gte|lt|lte|is|in)\.(?<value>.*)$/su

/** Reads a request. What is not understood is refused as PostgREST does, never left out. */
export function readRequest(message: IncomingMessage, body: string): PostgrestRequest {
  const url = new URL(message.url ?? '', 'http://server')
  const method = METHODS.find((known) => known === message.method)
  if (method === undefined) throw new PostgrestServerError(405, 'PGRST117', `Unsupported HTTP method: ${message.method ?? ''}`)
  const table = /^\/rest\/v1\/(?<table>[^/]+)$/u.exec(url.pathname)?.groups?.['table']
  if (table === undefined) throw new PostgrestServerError(404, 'PGRST125', 'Invalid path specified in request URL')
  const one = (name: string): string | null => url.searchParams.get(name)
  return {
    method,
    table: decodeURIComponent(table),
    select: splitOutsideQuotes(one('select') ?? '*').map(readSelected),
    filters: [...url.searchParams].filter(([name]) => !RESERVED.includes(name)).map(readFilter),
    order: splitOutsideQuotes(one('order') ?? '').map(readOrder),
    limit: one('limit') === null ? null : Number(one('limit')),
    offset: Number(one('offset') ?? 0),
    onConflict: splitOutsideQuotes(one('on_conflict') ?? '').map(unquote),
    preferences: new Set(String(message.headers['prefer'] ?? '').split(/\s*,\s*/u)),
    rows: method === 'POST' || method === 'PATCH' ? readRows(body) : [],
  }
}

function readSelected(text: string): Selected {
  const { alias, column, cast } = match(SELECTED, text, 'select')
  const name = unquote(column ?? '')
  return { column: name, alias: alias === undefined ? name : unquote(alias), cast: cast ?? null }
}

function readOrder(text: string): { column: string; isDescending: boolean } {
  const { column, direction } = match(ORDERED, text, 'order')
  return { column: unquote(column ?? ''), isDescending: direction === 'desc' }
}

function readFilter([name, text]: [name: string, text: string]): Filter {
  const { not, operator = '', value = '' } = match(FILTERED, text, 'filter')
  return { column: unquote(name), isNegated: not !== undefined, operator, value }
}

function readRows(body: string): object[] {
  try {
    return [JSON.parse(body) as object | object[]].flat()
  } catch {
    throw new PostgrestServerError(400, 'PGRST102', 'Empty or invalid json')
  }
}

function match(pattern: RegExp, text: string, what: string): Readonly<Record<string, string | undefined>> {
  const groups = pattern.exec(text)?.groups
  if (groups === undefined) throw new PostgrestServerError(400, 'PGRST100', `"failed to parse ${what} parameter (${text})" (line 1, column 1)`)
  return groups
}

function splitOutsideQuotes(list: string): string[] {
  return list.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/gu) ?? []
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll(/\\(.)/gsu, '$1') : name
}
