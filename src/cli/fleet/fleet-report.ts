import { count, hidePasswords, plainText } from '../terminal-text.js'
import type { Fleet, FleetProcess } from './fleet.js'

/** The report, as `--json` prints it. Fields may be added; those that are there keep their meaning within a version. */
export interface FleetReport {
  /** The version of this form. */
  readonly version: 1
  /** The store, as it was named. */
  readonly store: string
  /** How many more sessions the members take; `null` when one of them takes as many as come. */
  readonly room: number | null
  /** How many sessions are stored, and held by no process. */
  readonly notRunning: number
  /** The processes that use the store. */
  readonly processes: readonly ReportedProcess[]
}

/** A process, as `--json` prints it. */
export interface ReportedProcess {
  /** Its name, as `status` shows it. */
  readonly owner: string
  /** Whether it is in the cluster. If not, it only holds sessions. */
  readonly isMember: boolean
  /** Where it can be reached; `null` when it did not say. */
  readonly address: string | null
  /** How many sessions it holds. */
  readonly sessions: number
  /** How many sessions it runs at most; `null` when it did not say. */
  readonly capacity: number | null
  /** Whether it takes sessions that nobody runs. */
  readonly takesSessions: boolean
  /** Whether it hands its sessions over, or was asked to. */
  readonly isDraining: boolean
  /** How long its lease lasts unless it is renewed, in milliseconds; `null` where leases do not end by time. */
  readonly leaseLeftMs: number | null
}

/** The whole report. `sessionIds` are those that are stored. */
export function reportFleet(store: string, { processes, holdings }: Fleet, sessionIds: readonly string[]): FleetReport {
  const reported = processes.map(reportProcess)
  return {
    version: 1,
    store,
    room: roomOf(reported),
    notRunning: sessionIds.filter((sessionId) => !holdings.has(sessionId)).length,
    processes: reported,
  }
}

function reportProcess({ owner, card, sessionIds, isDraining, leaseLeftMs }: FleetProcess): ReportedProcess {
  const address = card?.address ?? null
  return {
    owner,
    isMember: card !== null,
    address: address === null ? null : hidePasswords(address),
    sessions: sessionIds.length,
    capacity: card?.maxSessions ?? null,
    takesSessions: card?.takes === true && !isDraining,
    isDraining,
    leaseLeftMs,
  }
}

function roomOf(processes: readonly ReportedProcess[]): number | null {
  const rooms = processes.filter(({ takesSessions }) => takesSessions).map(({ capacity, sessions }) => (capacity ?? Infinity) - sessions)
  const room = rooms.reduce((sum, each) => sum + Math.max(0, each), 0)
  return room === Infinity ? null : room
}

const HEAD = ['process', 'address', 'sessions', 'capacity', 'lease left', 'state'] as const

/** The processes as the lines of a table, the head first. */
export function fleetTable(processes: readonly ReportedProcess[]): string[] {
  const rows = [HEAD, ...processes.map(cellsOf)].map((row) => row.map(plainText))
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function cellsOf(process: ReportedProcess): string[] {
  const { owner, address, sessions, capacity, leaseLeftMs } = process
  const lease = leaseLeftMs === null ? '-' : `${Math.max(0, Math.ceil(leaseLeftMs / 1000))} s`
  return [owner, address ?? '-', String(sessions), capacity === null ? '-' : String(capacity), lease, stateInWords(process)]
}

/** What a process does with sessions, in a few words. */
export function stateInWords({ isMember, isDraining, takesSessions }: ReportedProcess): string {
  if (!isMember) return 'not in the cluster'
  if (isDraining) return 'draining'
  return takesSessions ? 'takes sessions' : 'takes none'
}

/** All of it in a line. */
export function fleetLine({ processes, room, notRunning }: FleetReport): string {
  const running = processes.reduce((sum, { sessions }) => sum + sessions, 0)
  const nowhere = notRunning === 0 ? '' : ` ${count(notRunning, 'stored session runs', 'stored sessions run')} nowhere.`
  if (processes.length === 0) return `No process is using the store.${nowhere}`
  return `${count(processes.length, 'process', 'processes')}: ${count(running, 'session')} running${roomInWords(room)}.${nowhere}`
}

function roomInWords(room: number | null): string {
  if (room === null) return ''
  return room === 0 ? ', no room for more' : `, room for ${room} more`
}
