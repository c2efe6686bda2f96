import { errorCode } from '../system/system-error.js'
import { askWhenStarted, type Holder, type HolderThread, type ProcessStat, readProcessStat } from './holder.js'

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
 * Judges a holder that {@link judgeHolder} does not know and that has not been heard of for long: it may be stopped, or another process
 * may have its pid. To ask the system takes too long to be done each time.
 */
export async function judgeSilent(holder: Holder, self: Holder): Promise<Judgement> {
  if (holder.startedAt === undefined || holder.thread !== undefined || !sharesPids(holder, self)) return 'unknown'
  const startedAt = await askWhenStarted(holder.pid, holder.platform)
  if (startedAt === null) return 'unknown'
  return Math.abs(Date.parse(startedAt) - Date.parse(holder.startedAt)) <= START_TOLERANCE_MS ? 'alive' : 'dead'
}

/** Systems round the start of a process to seconds, and not always the same way. */
const START_TOLERANCE_MS = 2000

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
