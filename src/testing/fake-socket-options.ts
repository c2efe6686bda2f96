import type { AnyMessageContent, AuthenticationCreds, BinaryNode, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { FakeEnding } from './fake-web-socket.js'

/** How a `FakeSocket` behaves from the start; its fields of the same names change it later. */
export interface FakeSocketOptions {
  /**
   * How the socket ends.
   * @defaultValue `'prompt'`
   */
  ending?: FakeEnding
  /** What `logout()`, and a query that removes the device, fail with. */
  logoutError?: Error
  /**
   * Answers a query, and the request for a pairing code. If it resolves with `undefined`, there is no answer; reject to fail the
   * query.
   * @defaultValue an empty result
   */
  answer?: (node: BinaryNode) => Promise<BinaryNode | undefined>
}

/** The auth state of a `FakeSocket`. */
export interface FakeAuthState {
  /** The creds that it was created with, updated in place. */
  creds: AuthenticationCreds
  /** The keys that it was created with, with Baileys' transactions. */
  keys: SignalKeyStoreWithTransaction
}

/** A message that the code under test sent. */
export interface FakeSentMessage {
  /** To whom. */
  jid: string
  /** What. */
  content: AnyMessageContent
  /** Its id. */
  id: string
}

/** The options of `open`. */
export interface FakeOpenOptions {
  /**
   * Whether the server still has something queued.
   * @defaultValue `'done'`
   */
  offline?: 'done' | 'pending'
}
