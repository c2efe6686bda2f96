import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { errorCode } from '../system/system-error.js'

/** Who holds a lock, as its file tells it. What a system cannot say is left out. */
export interface Holder {
  /** The name for people. */
  owner: string
  /** One for each store or repository object. */
  nonce: string
  /** The process. */
  pid: number
  /** When the process started, in ticks since the boot: tells it from a later one with the same pid. */
  startedAt?: string
  /** The boot of the machine in which the process runs. */
  bootId?: string
  /** The pid namespace in which `pid` means this process: one for each container. */
  pidNamespace?: string
  /** The name of the machine. */
  hostname: string
  /** The operating system, as `process.platform` names it. */
  platform: string
}

/** What `/proc` says of a process. */
export interface ProcessStat {
  /** When it started, in ticks since the boot. */
  startedAt: string
  /** Whether it has ended, and only waits for its parent to notice. */
  hasEnded: boolean
}

/**
 * The name under which a process holds locks: `host:pid:nonce`. Seven digits of the nonce are enough to tell two holders of one process
 * apart, and too few to be taken for a phone number, which the command line hides.
 */
export function ownerName(nonce: string): string {
  return `${hostname()}:${process.pid}:${nonce.slice(0, 7)}`
}

/** Describes this process. */
export async function describeHolder(owner: string, nonce: string): Promise<Holder> {
  const [stat, bootId, pidNamespace] = await Promise.all([
    readProcessStat('self'),
    unlessHidden(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    unlessHidden(readlink('/proc/self/ns/pid')),
  ])
  return {
    owner,
    nonce,
    pid: process.pid,
    ...(stat === null ? {} : { startedAt: stat.startedAt }),
    ...(bootId === undefined ? {} : { bootId: bootId.trim() }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
    hostname: hostname(),
    platform: process.platform,
  }
}

/** What `/proc` says of a process; `null` when it says nothing. */
export async function readProcessStat(pid: number | 'self'): Promise<ProcessStat | null> {
  const text = await unlessHidden(readFile(`/proc/${pid}/stat`, 'utf8')) ?? ''
  // The name stands in brackets and may hold anything, so count from the last bracket: state is field 3, the start field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startedAt] = [fields[0], fields[19]]
  return state === undefined || startedAt === undefined ? null : { startedAt, hasEnded: ['Z', 'X', 'x'].includes(state) }
}

/** Other systems have no such files, and some containers hide them; running out of descriptors says nothing about either. */
async function unlessHidden(reading: Promise<string>): Promise<string | undefined> {
  try {
    return await reading
  } catch (error) {
    if (['EMFILE', 'ENFILE'].includes(errorCode(error))) throw error
    return undefined
  }
}

/** Reads a holder from the text of a lock file; `null` when the text is not whole. */
export function parseHolder(text: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(text)
    return isHolder(holder) ? holder : null
  } catch {
    return null
  }
}

function isHolder(value: unknown): value is Holder {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map<string, unknown>(Object.entries(value))
  const texts = ['owner', 'nonce', 'hostname', 'platform'].every(name => typeof fields.get(name) === 'string')
  const optional = ['startedAt', 'bootId', 'pidNamespace'].every(name => ['string', 'undefined'].includes(typeof fields.get(name)))
  const pid = fields.get('pid')
  return texts && optional && typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0
}
