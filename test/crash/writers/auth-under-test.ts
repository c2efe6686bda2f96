import type { AuthenticationCreds, SignalDataSet, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** Creds and keys as Baileys is given them, by this library or by Baileys itself. */
export interface AuthUnderTest {
  /** The live creds; a new identity when none were found. */
  readonly creds: AuthenticationCreds
  /** What is wrong with the creds that are stored; `null` when nothing is. */
  readonly problem: string | null
  /** Reads keys. */
  getKeys<Type extends keyof SignalDataTypeMap>(type: Type, ids: string[]): Promise<Record<string, SignalDataTypeMap[Type] | null>>
  /** Writes keys. */
  setKeys(data: SignalDataSet): Promise<void>
  /** Writes the creds as they are. */
  saveCreds(): Promise<void>
  /** Gives the lease back, and opens the session anew. */
  reopen(): Promise<AuthUnderTest>
}
