import { randomBytes } from 'node:crypto'
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { encodeLifecycle, freshLifecycle } from '../../src/auth/lifecycle-record.js'

const RATCHETS = 20
const RATCHET_BYTES = 600

/** The first ids of pre-keys. */
export const preKeyIds = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index + 1))

/** Pre-keys, as Baileys makes them. */
export function preKeys(count: number): Record<string, { public: Uint8Array; private: Uint8Array }> {
  return Object.fromEntries(preKeyIds(count).map((id) => [id, { public: randomBytes(32), private: randomBytes(32) }]))
}

/** A record of one of some ratchets, as a message changes it. */
export function ratchetStep(index: number): SignalDataSet & { session: Record<string, Uint8Array> } {
  return { session: { [`49151${index % RATCHETS}.0`]: randomBytes(RATCHET_BYTES) } }
}

/** A lifecycle record, another one each time: a store may leave out what changes nothing. */
export function lifecycleText(index: number): string {
  return encodeLifecycle({ ...freshLifecycle('identity'), verdict: { kind: 'rate_limited', until: new Date(index) } })
}
