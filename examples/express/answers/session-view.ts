import type { PairingCodeEvent, QrEvent, SessionSnapshot, SessionStatus, StatusReason } from 'baileys-sessions'
import { drawQr } from './qr-drawing.js'

/** What links a phone. Only the company itself may see it. */
export interface PairingView {
  qr: string | null
  qr_svg: string | null
  code: string | null
  /** The number that the pairing code is for, digits only. */
  phone_number: string | null
  expires_at: string | null
}

/** A session as clients see it. Dates are ISO text. */
export interface SessionView {
  company_id: string
  status: SessionStatus
  reason: StatusReason | null
  is_connected: boolean
  message: string
  phone_number: string | null
  since: string
  attempt: number | null
  next_retry_at: string | null
  restricted_until: string | null
  pairing: PairingView | null
  is_local: boolean
}

/** A session without its QR code and pairing code. */
export function publicView(snapshot: Omit<SessionSnapshot, 'qr' | 'pairingCode'>): SessionView {
  return {
    company_id: snapshot.sessionId,
    status: snapshot.status,
    reason: snapshot.reason,
    is_connected: snapshot.isConnected,
    message: snapshot.message,
    phone_number: snapshot.phoneNumber ?? null,
    since: snapshot.since.toISOString(),
    attempt: snapshot.attempt ?? null,
    next_retry_at: snapshot.nextRetryAt?.toISOString() ?? null,
    restricted_until: snapshot.restrictedUntil?.toISOString() ?? null,
    pairing: null,
    is_local: snapshot.isLocal,
  }
}

/** A session with its QR code or pairing code, for the company itself. */
export function ownView(snapshot: SessionSnapshot): SessionView {
  const { qr = null, pairingCode: code = null, pairingExpiresAt: expiresAt = null } = snapshot
  const hasPairing = snapshot.status === 'pairing' && (qr !== null || code !== null)
  return { ...publicView(snapshot), pairing: hasPairing ? pairingView({ qr, code, expiresAt }) : null }
}

/** What to show when there is a new QR code. If there is also a pairing code, its expiry counts. */
export function withQr(shown: PairingView | undefined, { qr, expiresAt }: QrEvent): PairingView {
  const view = pairingView({ qr, code: null, expiresAt })
  return shown === undefined || shown.code === null ? view : { ...view, code: shown.code, phone_number: shown.phone_number, expires_at: shown.expires_at }
}

/** What to show when there is a pairing code. */
export function withCode(shown: PairingView | undefined, { code, phoneNumber, expiresAt }: PairingCodeEvent): PairingView {
  const view = { ...pairingView({ qr: null, code, expiresAt }), phone_number: phoneNumber }
  return shown === undefined ? view : { ...view, qr: shown.qr, qr_svg: shown.qr_svg }
}

function pairingView({ qr, code, expiresAt }: { qr: string | null; code: string | null; expiresAt: Date | null }): PairingView {
  return { qr, qr_svg: qr === null ? null : drawQr(qr), code, phone_number: null, expires_at: expiresAt?.toISOString() ?? null }
}
