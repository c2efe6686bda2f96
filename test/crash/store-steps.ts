import { isChange, type DiskCall } from '../support/recorded-disk/disk-call.js'

/** What a store of files does to its disk, by what it is for. */
export const STORE_STEPS = [
  'take-lock',
  'give-lock-back',
  'begin-journal',
  'append',
  'sync',
  'seal',
  'fold-text',
  'fold-file',
  'fold-removal',
  'names',
  'fold-sync',
  'cut',
  'remove-journal',
] as const

/** One of them. */
export type StoreStep = (typeof STORE_STEPS)[number]

/** The folder of a lease, as long as it is held and once somebody else has sealed it. */
const LEASE = /\/\.(?:lease|sealed)-[^/]+$/u
const IN_LEASE = /\/\.(?:lease|sealed)-[^/]+\//u
const JOURNAL = /\/journal$/u

/** Which step a call belongs to; `null` when it changes nothing, or nothing of a session. */
export function stepOf(call: DiskCall): StoreStep | null {
  const { path, to = '' } = call
  if (!isChange(call)) return null
  if ([path, to].some((name) => name.startsWith('.baileys-sessions/locks/'))) return to.endsWith('.released') ? 'give-lock-back' : 'take-lock'
  if (JOURNAL.test(path)) return journalStepOf(call)
  if (LEASE.test(path)) return leaseStepOf(call)
  if (path.endsWith('/.names.json') || to.endsWith('/.names.json')) return 'names'
  return foldStepOf(call)
}

function journalStepOf({ kind }: DiskCall): StoreStep {
  if (kind === 'write') return 'append'
  if (kind === 'sync') return 'sync'
  if (kind === 'truncate') return 'cut'
  return kind === 'unlink' ? 'remove-journal' : 'begin-journal'
}

function leaseStepOf({ kind }: DiskCall): StoreStep {
  if (kind === 'rename') return 'seal'
  if (kind === 'rmdir' || kind === 'unlink') return 'remove-journal'
  return 'begin-journal'
}

function foldStepOf({ kind, path, to = '' }: DiskCall): StoreStep | null {
  if (kind === 'sync') return IN_LEASE.test(path) ? 'fold-text' : 'fold-sync'
  if (kind === 'rename') return IN_LEASE.test(to) ? 'fold-removal' : 'fold-file'
  if (kind === 'unlink') return 'fold-removal'
  return kind === 'open' || kind === 'write' ? 'fold-text' : null
}
