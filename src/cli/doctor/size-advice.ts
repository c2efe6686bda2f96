import { count } from '../terminal-text.js'
import { advice, type Finding } from './finding.js'

/** Baileys makes 812 at the first login, and a few dozen whenever WhatsApp runs short: this many take years of use, or something asks again and again. */
const MANY_PRE_KEYS = 5000

/** From here on listing, copying and backing up a folder take seconds. */
const MANY_FILES = 10_000

/** The share of a volume's inodes that is too little for comfort. */
const LEAST_FREE_INODES = 0.05

/** How much a session takes. */
interface SessionSize {
  readonly preKeys: number
  /** `null` for a store that has no files. */
  readonly files: number | null
}

/** What to know about a session that has grown large. */
export function adviseOnSize({ preKeys, files }: SessionSize): Finding[] {
  const findings: Finding[] = []
  if (preKeys > MANY_PRE_KEYS)
    findings.push(
      advice(
        'many_pre_keys',
        `It has ${count(preKeys, 'pre-key')}. Baileys keeps each until a contact has used it. Delete none: whoever was given it could not reach this session any more. If there are too many, log out and link the phone again.`,
      ),
    )
  if (files !== null && files > MANY_FILES)
    findings.push(
      advice(
        'many_files',
        `Its folder has ${count(files, 'file')}. Delete none. A database takes a row for each: "copy" moves the sessions to SQLite, PostgreSQL or Redis.`,
      ),
    )
  return findings
}

/** The inodes of a volume. */
export interface Inodes {
  readonly total: number
  readonly free: number
}

/** What to know about a volume that has room for few more files, however many bytes are free. Some file systems count no inodes. */
export function adviseOnInodes({ total, free }: Inodes, path: string): Finding[] {
  if (total <= 0 || free / total >= LEAST_FREE_INODES) return []
  return [
    {
      code: 'few_inodes',
      message: `The volume of ${path} has ${free} of ${total} inodes left, and each record takes one. Once there are none, nothing can be stored, although bytes are free. Free some, or move the sessions to a database with "copy".`,
      needsPerson: true,
      canRepair: false,
    },
  ]
}
