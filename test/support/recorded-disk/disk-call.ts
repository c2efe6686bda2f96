import { constants } from 'node:fs'

/** What a call asks of the disk. */
export type DiskCallKind = 'open' | 'close' | 'read' | 'write' | 'truncate' | 'sync' | 'stat' | 'list' | 'rename' | 'link' | 'unlink' | 'mkdir' | 'rmdir'

/** How a file is opened. */
export interface OpenMode {
  readonly isWriting: boolean
  /** Whether it is made when it is not there. */
  readonly creates: boolean
  readonly truncates: boolean
  readonly appends: boolean
}

/** One call to `node:fs` or `node:fs/promises`, about something below the folder that is watched. */
export interface DiskCall {
  readonly kind: DiskCallKind
  /** What it is about, from the folder that is watched on: `session-a/creds.json`; empty for the folder itself. */
  readonly path: string
  /** The new name, of a rename or a link. */
  readonly to?: string
  /** The descriptor, when the call has one. */
  readonly file?: number
  /** What is written, for as long as the call lasts. */
  readonly bytes?: Uint8Array
  /** Where it is written; `null` at the place of the descriptor. */
  readonly at?: number | null
  /** The new length, of a truncation. */
  readonly length?: number
  /** How a file is opened, also by a call that writes a whole file. */
  readonly mode?: OpenMode
}

const CHANGES: readonly DiskCallKind[] = ['write', 'truncate', 'sync', 'rename', 'link', 'unlink', 'mkdir', 'rmdir']

/** Whether a call changes what is on the disk, or what survives the loss of power. */
export function isChange({ kind, mode }: DiskCall): boolean {
  return CHANGES.includes(kind) || mode?.creates === true
}

/** What flags mean, as `fs.open` takes them. */
export function openModeOf(flags: unknown): OpenMode {
  const bits = typeof flags === 'number' ? flags : bitsOf(typeof flags === 'string' ? flags : 'r')
  const has = (bit: number): boolean => (bits & bit) !== 0
  return {
    isWriting: has(constants.O_WRONLY | constants.O_RDWR),
    creates: has(constants.O_CREAT),
    truncates: has(constants.O_TRUNC),
    appends: has(constants.O_APPEND),
  }
}

function bitsOf(flags: string): number {
  const access = flags.includes('+') ? constants.O_RDWR : flags.startsWith('r') ? constants.O_RDONLY : constants.O_WRONLY
  if (flags.startsWith('r')) return access
  return access | constants.O_CREAT | (flags.startsWith('w') ? constants.O_TRUNC : constants.O_APPEND)
}
