import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readBootId } from '../../lease/holder.js'
import type { RecordChange } from '../../store/session-store.js'

/** What one write changes. */
export interface RecordWrite {
  /** The changes, in order. */
  readonly changes: readonly RecordChange[]
  /** Whether every other record goes. */
  readonly replaceAll: boolean
}

/** A write as it stands in a journal. */
export interface JournalEntry extends RecordWrite {
  /** Greater by one than that of the entry before. It goes on counting when the journal is cut. */
  readonly sequence: number
  /** Up to which entry the journal was known to survive the loss of power when this one was appended. */
  readonly syncedUpTo: number
  /** Marks the run of the machine; empty where the system does not tell. */
  readonly boot: string
}

/** What a journal says. */
export interface ParsedJournal {
  /** Its entries up to the first that is not whole. One at the end was cut off while it was written, and never acknowledged. */
  readonly entries: readonly JournalEntry[]
  /** The first entry after one that is not whole; `null` when there is none, as it should be. */
  readonly stray: JournalEntry | null
}

const LINE_FEED = 0x0a
const SPACE = 0x20
const CHECKSUM_LENGTH = 16

/**
 * An entry as a line of text: `<checksum> [<sequence>,<syncedUpTo>,<boot>,<replaceAll>,[[<type>,<id>,<value>],…]]`. JSON has no line
 * feeds of its own.
 */
export function formatEntry({ sequence, syncedUpTo, boot, replaceAll, changes }: JournalEntry): string {
  const text = JSON.stringify([sequence, syncedUpTo, boot, replaceAll, changes.map(({ type, id, value }) => [type, id, value])])
  return `${checksumOf(text)} ${text}\n`
}

/** Reads the entries of a journal. */
export function parseJournal(bytes: Buffer): ParsedJournal {
  const entries: JournalEntry[] = []
  let isWhole = true
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start)
    const entry = end < 0 ? null : parseLine(bytes.subarray(start, end))
    const expected = nextSequence(entries)
    // What a disk that lost power still has of entries from before a cut.
    if (entry !== null && expected !== null && entry.sequence < expected) break
    if (entry === null) isWhole = false
    else if (!isWhole || (expected !== null && entry.sequence !== expected)) return { entries, stray: entry }
    else entries.push(entry)
    start = end < 0 ? bytes.length : end + 1
  }
  return { entries, stray: null }
}

/** Marks this run of the machine; empty where the system does not tell. */
export async function bootMark(): Promise<string> {
  return (await readBootId())?.slice(0, 8) ?? ''
}

/**
 * Whether a journal has lost what it had promised to keep. What had not been synced may be lost with the power, in any order, and only
 * with that: the machine runs anew since.
 */
export function isDamaged({ entries, stray }: ParsedJournal, boot: string): boolean {
  if (stray === null) return false
  return stray.syncedUpTo > (entries.at(-1)?.sequence ?? 0) || stray.boot === boot
}

function nextSequence(entries: readonly JournalEntry[]): number | null {
  const last = entries.at(-1)
  return last === undefined ? null : last.sequence + 1
}

function parseLine(line: Buffer): JournalEntry | null {
  const text = line.subarray(CHECKSUM_LENGTH + 1)
  if (line[CHECKSUM_LENGTH] !== SPACE || line.toString('latin1', 0, CHECKSUM_LENGTH) !== checksumOf(text)) return null
  try {
    return toEntry(JSON.parse(text.toString()))
  } catch {
    return null
  }
}

function toEntry(value: unknown): JournalEntry | null {
  if (!Array.isArray(value)) return null
  const fields: readonly unknown[] = value
  const [sequence, syncedUpTo, boot, replaceAll, rows] = fields
  if (typeof sequence !== 'number' || typeof syncedUpTo !== 'number' || typeof boot !== 'string') return null
  if (typeof replaceAll !== 'boolean' || !Array.isArray(rows)) return null
  const changes = rows.map(toChange)
  return changes.every((change) => change !== null) ? { sequence, syncedUpTo, boot, replaceAll, changes } : null
}

function toChange(row: unknown): RecordChange | null {
  if (!Array.isArray(row)) return null
  const fields: readonly unknown[] = row
  const [type, id, value] = fields
  return typeof type === 'string' && typeof id === 'string' && (typeof value === 'string' || value === null) ? { type, id, value } : null
}

function checksumOf(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex').slice(0, CHECKSUM_LENGTH)
}
