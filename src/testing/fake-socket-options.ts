import type { AnyMessageContent, AuthenticationCreds, BinaryNode, SignalKeyStoreWithTransaction } from '@whiskeysockets/baileys'
import type { FakeEnding } from './fake-web-socket.js'

/** How a `FakeSocket` behaves from the start; the fields of the same names change it later. */
export interface FakeSocketOptions {
  /**
   * How the socket ends.
   * @defaultValue `'prompt'`
   */
  ending?: FakeEnding
  /** What `logout()`, and a query that removes the device, fail with. */
  logoutError?: Error
  /**
   * Answers a query, and the request for a pairing code, which nobody answers when it resolves with `undefined`; reject to fail a query.
   * @defaultValue an empty result
   */
  answer?: (node: BinaryNode) => Promise<BinaryNode | undefined>
}

/** What a `FakeSocket` knows and keeps. */
export interface FakeAuthState {
  /** The creds that it was made with, updated in place. */
  creds: AuthenticationCreds
  /** The keys that it was made with, with the transactions of Baileys. */
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

/** What `open` is told. */
export interface FakeOpenOptions {
  /**
   * Whether the server still has something queued.
   * @defaultValue `'done'`
   */
  offline?: 'done' | 'pending'
}
