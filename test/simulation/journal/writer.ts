import type { Write } from './session-folder.js'

/** What a writer does next, or how it ended. */
export type Stage =
  | 'claim'
  | 'list'
  | 'make'
  | 'look before sealing'
  | 'look before writing'
  | 'seal'
  | 'read leftover'
  | 'read leftover again'
  | 'fold leftover'
  | 'remove leftover'
  | 'ready'
  | 'append'
  | 'sync'
  | 'check'
  | 'remove'
  | 'give back'
  | 'ended'
  | 'stopped'

/** Entries that are being folded into the files. */
export interface Fold {
  /** Whose journal they are in. */
  readonly from: string
  entries: Write[]
  /** Which record is next. */
  record: number
}

/**
 * Whoever writes: a holder under its lease, or a visitor, who has none and comes for one write while nobody holds the lock. Its
 * memory; what others see of it is in the session's folder.
 */
export interface Writer {
  readonly kind: 'holder' | 'visitor'
  stage: Stage
  /** Its lease's; for a visitor, the newest one there is. */
  token: number
  /** Of its folder; before a visitor comes, what tells it from other visitors. */
  name: string
  hasFolder: boolean
  /** How many writes it still has to make. */
  writes: number
  /** Appended, and not acknowledged. */
  unchecked: Write | null
  /** Acknowledged, and in the journal. */
  journaled: Write[]
  /** Its own journal is folded while it goes on writing. */
  fold: Fold | null
  /** A journal that somebody left behind. */
  leftover: Fold | null
}

/** A holder before it takes its lease. */
export function holder(writes: number): Writer {
  return { kind: 'holder', stage: 'claim', token: 0, name: '', hasFolder: false, writes, unchecked: null, journaled: [], fold: null, leftover: null }
}

/** A visitor before it comes, to write once. */
export function visitor(nonce: string): Writer {
  return { ...holder(1), kind: 'visitor', name: nonce }
}

/** Copies a writer. */
export function copyWriter(writer: Writer): Writer {
  const { journaled, fold, leftover } = writer
  return { ...writer, journaled: [...journaled], fold: copyFold(fold), leftover: copyFold(leftover) }
}

function copyFold(fold: Fold | null): Fold | null {
  return fold === null ? null : { ...fold, entries: [...fold.entries] }
}

/** Ends a writer: in order, or because somebody is newer. What it still had in mind makes no difference any more. */
export function end(writer: Writer, stage: 'ended' | 'stopped'): void {
  Object.assign(writer, { stage, hasFolder: false, writes: 0, unchecked: null, journaled: [], fold: null, leftover: null } satisfies Partial<Writer>)
}
