import { FileSystemSessionStore, type SessionStore } from '../../../src/index.js'

/** The stores that real faults are tried on. */
export const FAULT_STORES = ['fs'] as const

/** One of them. */
export type FaultStore = (typeof FAULT_STORES)[number]

const OPEN: Readonly<Record<FaultStore, (directory: string) => SessionStore>> = {
  fs: directory => new FileSystemSessionStore({ directory }),
}

/** Makes one on a folder. */
export function openStore(kind: FaultStore, directory: string): SessionStore {
  return OPEN[kind](directory)
}
