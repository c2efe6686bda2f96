import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { isMainThread, threadId } from 'node:worker_threads'
import { errorCode } from '../errors.js'

/** Systems round the start of a process to seconds, and not always the same way. */
const START_TOLERANCE_MS = 2000

/** Who holds a lock, as its table tells it. What a system cannot say is left out. */
export interface Holder {
  /** The name for people. */
  owner: string
  /** One for each store or repository object. */
  nonce: string
  /** The process. */
  pid: number
  /** When the process started: tells it from a later one with the same pid. In ticks since the boot on Linux, else as ISO time. */
  startedAt?: string
  /** The worker thread; not given for the main one, which ends with its process. */
  thread?: HolderThread
  /** The boot of the machine in which the process runs. */
  bootId?: string
  /** The pid namespace in which `pid` means this process: one for each container. */
  pidNamespace?: string
  /** The name of the machine. */
  hostname: string
  /** The operating system, as `process.platform` names it. */
  platform: string
}

/** A worker thread. */
export interface HolderThread {
  /** The system's number of it, or else Node's. */
  id: number
  /** When it started, in ticks since the boot; only where others can see it. */
  startedAt?: string
}

/** What `/proc` says of a process or a thread. */
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

/** Describes this process, and the thread of it that asks. */
export async function describeHolder(owner: string, nonce: string): Promise<Holder> {
  const [startedAt, thread, bootId, pidNamespace] = await Promise.all([
    startOfThisProcess(),
    isMainThread ? undefined : describeThread(ownThreadId()),
    readBootId(),
    unlessHidden(readlink('/proc/self/ns/pid')),
  ])
  return {
    owner,
    nonce,
    pid: process.pid,
    ...(startedAt === null ? {} : { startedAt }),
    ...(thread === undefined ? {} : { thread }),
    ...(bootId === undefined ? {} : { bootId }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
    hostname: hostname(),
    platform: process.platform,
  }
}

/** What tells this run of the machine from others; `undefined` where the system does not say. */
export async function readBootId(): Promise<string | undefined> {
  return (await unlessHidden(readFile('/proc/sys/kernel/random/boot_id', 'utf8')))?.trim()
}

/** What `/proc` says of a process, or of one of its threads; `null` when it says nothing. */
export async function readProcessStat(pid: number | 'self', thread?: number): Promise<ProcessStat | null> {
  const text = (await unlessHidden(readFile(`/proc/${pid}${thread === undefined ? '' : `/task/${thread}`}/stat`, 'utf8'))) ?? ''
  // The name stands in brackets and may hold anything, so count from the last bracket: state is field 3, the start field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startedAt] = [fields[0], fields[19]]
  return state === undefined || startedAt === undefined ? null : { startedAt, hasEnded: ['Z', 'X', 'x'].includes(state) }
}

/** How long a system may take to tell when a process started. */
const ANSWER_MS = 5000

/**
 * Asks a system without `/proc` when a process started, by `ps` or PowerShell; ISO time, `null` when it does not say. Linux is not
 * asked: its `ps` knows no more than `/proc`.
 */
export async function askWhenStarted(pid: number, platform: string = process.platform): Promise<string | null> {
  if (platform === 'linux') return null
  const time =
    platform === 'win32'
      ? await outputOf('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`])
      : await outputOf('ps', ['-o', 'lstart=', '-p', String(pid)])
  // `ps` names no zone; it was told to use this one.
  const startedAt = new Date(platform === 'win32' ? time : `${time} UTC`)
  return Number.isNaN(startedAt.getTime()) ? null : startedAt.toISOString()
}

function outputOf(command: string, parameters: string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, LC_ALL: 'C', TZ: 'UTC0' }, timeout: ANSWER_MS, windowsHide: true }
    execFile(command, parameters, options, (error, output) => resolve(error === null ? output.trim() : ''))
  })
}

async function startOfThisProcess(): Promise<string | null> {
  return (await readProcessStat('self'))?.startedAt ?? askWhenStarted(process.pid)
}

/** The system's number of this thread; `null` when it does not say. At once, because other calls are made by other threads. */
function ownThreadId(): number | null {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')))
  } catch {
    return null
  }
}

async function describeThread(id: number | null): Promise<HolderThread> {
  const stat = id === null ? null : await readProcessStat('self', id)
  return id === null || stat === null ? { id: threadId } : { id, startedAt: stat.startedAt }
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

/** Reads a holder from the text that a table has; `null` when the text is not whole. */
export function parseHolder(text: string): Holder | null {
  try {
    const holder: unknown = JSON.parse(text)
    return isHolder(holder) ? holder : null
  } catch {
    return null
  }
}

function isHolder(value: unknown): value is Holder {
  const fields = fieldsOf(value)
  const texts = ['owner', 'nonce', 'hostname', 'platform'].every((name) => typeof fields.get(name) === 'string')
  const optional = ['startedAt', 'bootId', 'pidNamespace'].every((name) => isOptionalText(fields.get(name)))
  const thread = fields.get('thread')
  return texts && optional && isNumber(fields.get('pid'), 1) && (thread === undefined || isThread(fieldsOf(thread)))
}

function isThread(fields: ReadonlyMap<string, unknown>): boolean {
  return isNumber(fields.get('id'), 0) && isOptionalText(fields.get('startedAt'))
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : [])
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isNumber(value: unknown, least: number): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least
}

/** What is known of the process that a lock names. */
export interface ProcessEvidence {
  /** Whether a process has this pid now. */
  exists: boolean
  /** What the system says of it; `null` when it says nothing. */
  stat: ProcessStat | null
}

/**
 * - `alive`: it runs; it keeps its lock, also when it is stopped or slow;
 * - `dead`: it is gone for certain;
 * - `unknown`: it cannot be seen from here, so that only its heartbeat can tell.
 */
export type Judgement = 'alive' | 'dead' | 'unknown'

/** Judges a holder whose pid means the same process here as there. */
export function judgeProcess(holder: Holder, { exists, stat }: ProcessEvidence): Judgement {
  if (!exists) return 'dead'
  if (stat === null || holder.startedAt === undefined) return 'unknown'
  return stat.startedAt === holder.startedAt && !stat.hasEnded ? 'alive' : 'dead'
}

/** Judges a worker thread by what the system says of it. Its process is there. */
export function judgeThread(thread: HolderThread, stat: ProcessStat | null): Judgement {
  if (thread.startedAt === undefined) return 'unknown'
  return stat?.startedAt === thread.startedAt && !stat.hasEnded ? 'alive' : 'dead'
}

/** Whether a pid in one process's view means the same process in the other's. */
export function sharesPids(a: Holder, b: Holder): boolean {
  if (a.platform !== b.platform) return false
  // Linux counts pids for each namespace of each boot; elsewhere they are the machine's.
  if (a.platform !== 'linux') return a.hostname === b.hostname
  return a.bootId !== undefined && a.bootId === b.bootId && a.pidNamespace !== undefined && a.pidNamespace === b.pidNamespace
}

/** Judges a holder from where `self` runs. */
export async function judgeHolder(holder: Holder, self: Holder): Promise<Judgement> {
  if (holder.nonce === self.nonce) return 'alive'
  if (!sharesPids(holder, self)) return 'unknown'
  const judgement = judgeProcess(holder, await lookAtProcess(holder.pid))
  // Where the process is hidden, its threads are, too.
  if (holder.thread === undefined || judgement !== 'alive') return judgement
  return judgeThread(holder.thread, await readProcessStat(holder.pid, holder.thread.id))
}

/**
 * Judges a holder that was found in a copy of its table. What tells a copy from the original is to be trusted only on the machine on which
 * it was written: network disks may show it differently to another one.
 */
export async function judgeCopied(holder: Holder, self: Holder): Promise<Judgement> {
  return holder.nonce !== self.nonce && sharesPids(holder, self) ? 'dead' : judgeHolder(holder, self)
}

/**
 * Judges a holder that {@link judgeHolder} does not know and that has not been heard of for long: it may be stopped, or another process
 * may have its pid. To ask the system takes too long to be done each time.
 */
export async function judgeSilent(holder: Holder, self: Holder): Promise<Judgement> {
  if (holder.startedAt === undefined || holder.thread !== undefined || !sharesPids(holder, self)) return 'unknown'
  const startedAt = await askWhenStarted(holder.pid, holder.platform)
  if (startedAt === null) return 'unknown'
  return Math.abs(Date.parse(startedAt) - Date.parse(holder.startedAt)) <= START_TOLERANCE_MS ? 'alive' : 'dead'
}

async function lookAtProcess(pid: number): Promise<ProcessEvidence> {
  return { exists: processExists(pid), stat: await readProcessStat(pid) }
}

// Asked by signal: in /proc other users' processes may be hidden.
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}
