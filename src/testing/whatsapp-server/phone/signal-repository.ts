import type { KeyPair } from '../wire/ciphers.js'

/** The part of Baileys' Signal repository that a phone uses. */
export interface SignalRepository {
  encryptMessage(options: { jid: string; data: Uint8Array }): Promise<{ type: string; ciphertext: Uint8Array }>
  decryptMessage(options: { jid: string; type: string; ciphertext: Uint8Array }): Promise<Uint8Array>
  injectE2ESession(options: { jid: string; session: SignalBundle }): Promise<void>
  jidToSignalProtocolAddress(jid: string): string
  /** Stops the timers of its caches, where it has any. */
  close?(): void
}

/** The public keys a Signal session is begun with. */
export interface SignalBundle {
  registrationId: number
  identityKey: Uint8Array
  signedPreKey: { keyId: number; publicKey: Uint8Array; signature: Uint8Array }
  preKey?: { keyId: number; publicKey: Uint8Array } | undefined
}

/** What a Signal repository reads and writes its records through. */
export interface SignalKeys {
  get(type: string, ids: readonly string[]): Promise<Record<string, unknown>>
  set(data: Record<string, Record<string, unknown>>): Promise<void>
  isInTransaction(): boolean
  transaction<Result>(work: () => Promise<Result>): Promise<Result>
}

/** The identity of the phone that a repository works for. */
interface SignalCredentials {
  signedIdentityKey: KeyPair
  signedPreKey: { keyId: number; keyPair: KeyPair; signature: Uint8Array }
  registrationId: number
}

/** Baileys' factory; older versions ignore what follows the first argument. */
export type SignalRepositoryFactory = (
  auth: { creds: SignalCredentials; keys: SignalKeys },
  logger: object,
  findLids: () => Promise<never[]>,
) => SignalRepository
