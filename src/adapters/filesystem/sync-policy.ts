import { CREDS_FILE } from './creds-backup.js'

/**
 * What a write survives once it has resolved: the loss of power (the disk is waited for), or the end of the process (the operating
 * system has it).
 */
export type Durability = 'power' | 'process'

const PRECIOUS_FILES: readonly string[] = [CREDS_FILE, 'lifecycle.json']

/** Whether a write that changes these files waits for the disk. */
export function waitsForDisk(durability: Durability | undefined, fileNames: Iterable<string>): boolean {
  if (durability !== undefined) return durability === 'power'
  for (const fileName of fileNames) if (PRECIOUS_FILES.includes(fileName)) return true
  return false
}
