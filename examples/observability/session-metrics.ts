import { DISCONNECT_DECISIONS, type DisconnectCause, isSessionError, type RestoreOutcome, type SessionManager, type SessionStatus } from 'baileys-sessions'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { SessionCensus } from './session-census.js'

// No label is a session id. Prometheus keeps a time series for each value of a label, so ids would create thousands of them, and
// tell anyone who can read the metrics who your customers are. The log says which session it was.

const STATUSES: SessionStatus[] = ['disconnected', 'connecting', 'pairing', 'connected', 'reconnecting', 'logged_out', 'failed']
const OUTCOMES: RestoreOutcome[] = ['restored', 'already_connected', 'retrying', 'skipped', 'failed']
const RESTORE_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** Turns a manager's events into metrics. Call it before `restoreAll`, or you miss the first events; call it once for each registry. */
export function observeSessions(sessions: SessionManager, registry: Registry): void {
  const countError = countErrors(sessions, registry)
  countSessions(new SessionCensus(sessions, countError), registry)
  countLosses(sessions, registry)
  measureRestores(sessions, registry)
  countPairings(sessions, registry)
  const mended = new Counter({
    name: 'whatsapp_session_creds_restored_total',
    help: "Damaged credentials that came from the store's own copy.",
    registers: [registry],
  })
  sessions.on('creds-restored', () => {
    mended.inc()
  })
}

function countSessions(census: SessionCensus, registry: Registry): void {
  new Gauge({
    name: 'whatsapp_sessions',
    help: 'Paired sessions by status: those that run here, and those that nobody runs.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      census.lookIfDue()
      for (const status of STATUSES) this.set({ status }, census.count(status))
    },
  })
  census.lookIfDue()
}

function countLosses(sessions: SessionManager, registry: Registry): void {
  const options = { labelNames: ['cause'], registers: [registry] }
  const losses = new Counter({ ...options, name: 'whatsapp_session_disconnects_total', help: 'Connections that were lost or never opened, by cause.' })
  const returns = new Counter({
    ...options,
    name: 'whatsapp_session_reconnects_total',
    help: 'Sessions that came back by themselves, by the cause of their first loss.',
  })
  // Start counters at 0: if a counter starts at its first event, `increase` does not see that event.
  for (const cause of Object.keys(DISCONNECT_DECISIONS)) for (const counter of [losses, returns]) counter.inc({ cause }, 0)

  const lost = new Map<string, DisconnectCause>()
  sessions.on('disconnected', ({ sessionId, cause, willRetry }) => {
    losses.inc({ cause })
    if (willRetry && !lost.has(sessionId)) lost.set(sessionId, cause)
  })
  sessions.on('status', ({ sessionId, status }) => {
    if (status === 'reconnecting' || status === 'connecting') return
    const cause = lost.get(sessionId)
    lost.delete(sessionId)
    if (cause !== undefined && status === 'connected') returns.inc({ cause })
  })
}

function measureRestores(sessions: SessionManager, registry: Registry): void {
  const restores = new Histogram({
    name: 'whatsapp_session_restore_duration_seconds',
    help: 'How long restores took, by outcome.',
    labelNames: ['outcome'],
    buckets: RESTORE_SECONDS,
    registers: [registry],
  })
  for (const outcome of OUTCOMES) restores.zero({ outcome })
  sessions.on('restored', ({ outcome, durationMs }) => restores.observe({ outcome }, durationMs / 1000))
}

function countPairings(sessions: SessionManager, registry: Registry): void {
  const count = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] })
  const qrCodes = count('whatsapp_session_qr_codes_total', 'QR codes shown.')
  const pairingCodes = count('whatsapp_session_pairing_codes_total', 'Pairing codes shown.')
  const pairings = count('whatsapp_session_pairings_total', 'Pairings that ended with a connection.')
  sessions.on('qr', () => qrCodes.inc())
  sessions.on('pairing-code', () => pairingCodes.inc())
  sessions.on('connected', ({ restored }) => {
    if (!restored) pairings.inc()
  })
}

function countErrors(sessions: SessionManager, registry: Registry): (error: unknown) => void {
  const errors = new Counter({
    name: 'whatsapp_session_errors_total',
    help: 'Errors that no call rejected with, by code.',
    labelNames: ['code'],
    registers: [registry],
  })
  const countError = (error: unknown): void => errors.inc({ code: isSessionError(error) ? error.code : 'OTHER' })
  sessions.on('error', ({ error }) => countError(error))
  return countError
}
