/** What somebody types for a pretended phone to do. */
export type PhoneOrder =
  | { readonly action: 'scan'; readonly qr: string; readonly phone: string | null }
  | { readonly action: 'enter-code'; readonly phone: string; readonly code: string }

/** How the orders are written. */
export const PHONE_ORDERS: readonly (readonly [form: string, meaning: string])[] = Object.freeze([
  ['<QR text> [number]', 'a phone with this number, or one that nobody has used, scans the QR code with this text'],
  ['code <number> <code>', 'the phone with this number is typed the pairing code that a client shows'],
] as const)

/** Reads a line. `null` when it is no order. */
export function readPhoneOrder(line: string): PhoneOrder | null {
  const [first = '', second, third, ...more] = line.trim().split(/\s+/u)
  if (more.length > 0) return null
  if (first === 'code') {
    const phone = readNumber(second)
    // People see it as two halves with a dash between them.
    return phone === null || third === undefined ? null : { action: 'enter-code', phone, code: third.replace('-', '').toUpperCase() }
  }
  const phone = readNumber(second)
  const isQr = first.split(',').length >= 4
  if (!isQr || third !== undefined || (second !== undefined && phone === null)) return null
  return { action: 'scan', qr: first, phone }
}

function readNumber(text: string | undefined): string | null {
  const [, digits = null] = /^\+?(\d{5,20})$/u.exec(text ?? '') ?? []
  return digits
}
