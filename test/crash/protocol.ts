import type { StoreStep } from './store-steps.js'

/** A call to the disk at which a writer kills itself. */
export interface FaultPoint {
  readonly step: StoreStep
  /** The how manieth call of the step, from 1. */
  readonly nth: number
  /** Before the call, in the middle of what it writes, or when it is done and the store has not heard of it. */
  readonly moment: 'before' | 'during' | 'after'
}

/** What is written as one: the creds, or a batch of key records by its number. */
export type Part = 'creds' | number

/** What a writer is told, as one line on its standard input. */
export interface WriterOrder {
  /** Where its store is. */
  directory: string
  /** Repeats its choices. */
  seed: number
  /** The number of the first value it writes; every value has one of its own. */
  firstVersion: number
  /** Whether it also writes 812 pre-keys at a time, as a first login does. */
  isBig: boolean
  /** Whether it looks only. */
  isLastLook: boolean
  /** Where it kills itself; `null` when the parent does. */
  dieAt: FaultPoint | null
}

/** What a writer found when it opened the store. Version 0: nothing is there. */
export type FoundPart = { readonly kind: 'whole'; readonly version: number } | { readonly kind: 'torn'; readonly problem: string }

/** Everything that a writer found. */
export interface Found {
  readonly creds: FoundPart
  /** Whose creds they are; `null` when there are none. */
  readonly identity: string | null
  /** The batches, by number. */
  readonly batches: readonly FoundPart[]
}

/** What a writer tells, one line each. It tells that a write has begun before it is called, and that it is done after it resolved. */
export type WriterLine =
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'begun' | 'done'; readonly part: Part; readonly version: number; readonly identity?: string }
  /** It is about to kill itself. */
  | { readonly kind: 'dying' }
  | { readonly kind: 'failed'; readonly problem: string }
