import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { hashIdentity } from '../../../src/auth/stored-session.js'
import { pairingUpdate } from '../../../src/testing/fake-creds.js'
import type { FoundPart } from '../protocol.js'
import type { AuthUnderTest } from './auth-under-test.js'

/** Makes the creds those of a linked device. */
export function pair(creds: AuthenticationCreds): void {
  Object.assign(creds, pairingUpdate(), { nextPreKeyId: 813, firstUnuploadedPreKeyId: 813 })
}

/** Whether they are those of a linked device. */
export const isPaired = ({ account }: AuthenticationCreds): boolean => account !== undefined

/** Changes the creds to a value of their own, of another length than the one before. */
export function mark(creds: AuthenticationCreds, version: number): void {
  creds.accountSyncCounter = version
  creds.additionalData = filler(version)
}

/** Whose creds they are. */
export const identityOf = ({ noiseKey }: AuthenticationCreds): string => hashIdentity(noiseKey.public)

/** Says which value the creds are that were found. */
export function findCreds({ creds, problem }: AuthUnderTest): FoundPart {
  if (problem !== null) return { kind: 'torn', problem }
  if (!isPaired(creds)) return { kind: 'whole', version: 0 }
  const version = creds.accountSyncCounter
  return creds.additionalData === filler(version) ? { kind: 'whole', version } : { kind: 'torn', problem: `they begin as value ${version} and end as another` }
}

const filler = (version: number): string => `${version} `.repeat(1 + ((version * 37) % 1000))
