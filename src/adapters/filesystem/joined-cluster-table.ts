import type { ClusterChanges, ClusterTable, HolderNote, ProcessEntry } from '../../lease/cluster-table.js'
import { type Holder, parseHolder } from '../../lease/holder.js'
import type { LeaseKey } from '../../lease/lock-table.js'
import type { FileLockTable } from './file-lock-table.js'

/**
 * What the processes say that share sessions in several places: each place is told everything that a process says of itself, and of its own
 * sessions. A place that fails hides what is said there, and nothing else.
 */
export class JoinedClusterTable implements ClusterTable {
  readonly #tables: readonly FileLockTable[]
  readonly #tableOf: (sessionId: string) => FileLockTable

  /** Takes the tables, each with a cluster, and which of them has a session. */
  constructor(tables: readonly FileLockTable[], tableOf: (sessionId: string) => FileLockTable) {
    this.#tables = tables
    this.#tableOf = tableOf
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    return (await this.#ask((cluster) => cluster.enter(holder, text))).some((hasEntered) => hasEntered === true)
  }

  async leave(nonce: string): Promise<void> {
    await Promise.all(
      this.#tables.map(async (table) => {
        await table.cluster?.leave(nonce, { isLast: false })
        await table.stopIfIdle(nonce)
      }),
    )
  }

  async note(lease: LeaseKey, text: string): Promise<void> {
    await this.#tableOf(lease.sessionId).cluster?.note(lease, text)
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    return (await this.#tableOf(sessionId).cluster?.holdersOf(sessionId)) ?? []
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    const cursors = cursor === null ? [] : parseCursors(cursor)
    let parts = await this.#ask((cluster, index) => cluster.changes(cursors[index] ?? null))
    const isComplete = parts.some((part) => part?.isComplete === true)
    // They are all told anew, or none is.
    if (isComplete && parts.some((part) => part?.isComplete === false)) parts = await this.#ask((cluster) => cluster.changes(null))
    return {
      cursor: JSON.stringify(parts.map((part, index) => part?.cursor ?? cursors[index] ?? null)),
      isComplete,
      processes: joinProcesses(parts.flatMap((part) => part?.processes ?? [])),
      locks: parts.flatMap((part) => part?.locks ?? []),
    }
  }

  async askToDrain(nonce: string): Promise<boolean> {
    return (await this.#ask((cluster) => cluster.askToDrain(nonce))).some((isThere) => isThere === true)
  }

  /** Asks every place; `null` for one that fails. Rejects when all do. */
  async #ask<Answer>(question: (cluster: ClusterTable, index: number) => Promise<Answer>): Promise<(Answer | null)[]> {
    const answers = await Promise.allSettled(this.#tables.map(async ({ cluster }, index) => (cluster === undefined ? null : question(cluster, index))))
    const failed = answers.filter((answer) => answer.status === 'rejected')
    if (failed[0] !== undefined && failed.length === answers.length) throw failed[0].reason
    return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : null))
  }
}

function parseCursors(cursor: string): (string | null)[] {
  try {
    const cursors: unknown = JSON.parse(cursor)
    return Array.isArray(cursors) ? cursors.map((part: unknown) => (typeof part === 'string' ? part : null)) : []
  } catch {
    return []
  }
}

/** A process is heard of in every place where it holds a lock or is a member. */
function joinProcesses(entries: readonly ProcessEntry[]): ProcessEntry[] {
  const joined = new Map<string, ProcessEntry>()
  for (const entry of entries) {
    const nonce = parseHolder(entry.text)?.nonce ?? entry.text
    const other = joined.get(nonce)
    joined.set(nonce, other === undefined ? entry : joinEntries(other, entry))
  }
  return [...joined.values()]
}

function joinEntries(a: ProcessEntry, b: ProcessEntry): ProcessEntry {
  // What came with a copy of a folder tells of somewhere else.
  const [newer, older] = a.isOfCopy === true || (b.isOfCopy !== true && b.lastSignAt > a.lastSignAt) ? [b, a] : [a, b]
  return { ...newer, entered: newer.entered ?? older.entered, isAskedToDrain: a.isAskedToDrain || b.isAskedToDrain }
}
