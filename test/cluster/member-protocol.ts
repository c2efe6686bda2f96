import type { ClusterOptions, SessionManagerOptions, SessionSnapshot, SessionErrorCode } from '../../src/index.js'
import type { StoreAddress } from './open-store.js'

/** How a member is started. */
export interface MemberOptions {
  readonly store: StoreAddress
  readonly cluster: ClusterOptions
  /** Where its sockets dial to; `null` for fake ones, which open after a moment. */
  readonly server: { readonly url: string; readonly rootPublicKey: string } | null
  /** The options of its manager that are plain data. */
  readonly manager?: Pick<SessionManagerOptions, 'dials' | 'reconnect' | 'restoreOnStatus'>
}

/** Something that happened in a member, and when, by the clock of this machine. */
export type MemberEvent = { readonly at: number } & (
  | ({ readonly kind: 'status' } & Pick<SessionSnapshot, 'sessionId' | 'status' | 'reason' | 'isLocal'>)
  | { readonly kind: 'open' | 'closed' | 'qr'; readonly sessionId: string }
  | { readonly kind: 'text'; readonly sessionId: string; readonly text: string | null }
  | { readonly kind: 'error'; readonly sessionId: string | null; readonly code: SessionErrorCode; readonly message: string }
)

/** How often a member asked for the lock of a session, and how often somebody else had it. */
export interface Claims {
  readonly asked: number
  readonly refused: number
}

/** What a member has used so far. */
export interface Usage {
  /** Of the processor, in milliseconds. */
  readonly cpuMs: number
  /** Sent to the server of its store. */
  readonly requests: number
}

/** A request to a member. */
export interface MemberCall {
  readonly id: number
  readonly method: string
  readonly args: readonly unknown[]
}

/** What a member sends: an answer, or what happened. */
export type MemberMessage = { readonly id: number; readonly result?: unknown; readonly error?: string } | MemberEvent | { readonly kind: 'ready' }
