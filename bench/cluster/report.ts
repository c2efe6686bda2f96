import { inMs, markdownTable, type Target } from '../report-parts.js'
import type { Measurement } from './measurement.js'

/** A session may be without a socket for so long when it is handed over. */
const GAP_MS = 2000
/** A dead process of the same host is replaced within this time, by whatever store. */
const SAME_HOST_MS = 3000
const IDLE_REQUESTS = 5
const IDLE_CPU_PERCENT = 1

/** A row for each setting. */
export function table(measurements: readonly Measurement[]): string {
  const head = [
    'store, processes, sessions',
    'idle: CPU, %',
    'requests/s',
    'bytes/s',
    'to know all: CPU, ms',
    'heap, bytes/session',
    'bytes/session',
    'drained',
    'in, s',
    'gap, ms',
    'longest',
    'killed with',
    'first back, s',
    'all back, s',
  ]
  return markdownTable(head, measurements.map(row))
}

function row({ engine, processes, sessions, idle, joining, drain, failover }: Measurement): string[] {
  return [
    `${engine}, ${processes}, ${sessions.toLocaleString('en')}`,
    idle.cpuPercent.toFixed(2),
    idle.requests.toFixed(1),
    whole(idle.bytes),
    whole(joining.cpuMs),
    whole(joining.heapBytesPerSession),
    whole(joining.bytesPerSession),
    whole(drain.sessions),
    (drain.tookMs / 1000).toFixed(1),
    inMs(drain.gapMs),
    inMs(drain.longestGapMs),
    whole(failover.sessions),
    (failover.firstBackMs / 1000).toFixed(1),
    (failover.allBackMs / 1000).toFixed(1),
  ]
}

function whole(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 })
}

/** What was promised, and the worst that was measured. */
export function targets(measurements: readonly Measurement[]): Target[] {
  const worst = (measure: (measurement: Measurement) => number): number => Math.max(...measurements.map(measure))
  const most = (text: string, measured: number, limit: number, unit: string): Target => ({
    text: `${text} at most ${limit.toLocaleString('en')}${unit}`,
    isReached: measured <= limit,
    measured: `${measured.toLocaleString('en', { maximumFractionDigits: 2 })}${unit}`,
  })
  return [
    most(
      'idle, requests of a process in a second:',
      worst(({ idle }) => idle.requests),
      IDLE_REQUESTS,
      '',
    ),
    most(
      'idle, CPU of a process:',
      worst(({ idle }) => idle.cpuPercent),
      IDLE_CPU_PERCENT,
      ' %',
    ),
    most(
      'drain, a session without a socket:',
      worst(({ drain }) => drain.longestGapMs),
      GAP_MS,
      ' ms',
    ),
    most(
      'a killed process of the same host, first session back:',
      worst(({ failover }) => failover.firstBackMs),
      SAME_HOST_MS,
      ' ms',
    ),
  ]
}
