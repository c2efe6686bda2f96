import { createInterface } from 'node:readline'
import { quietLibsignal } from '../socket/workarounds/quiet-libsignal.js'
import type { WhatsAppServer } from '../testing/whatsapp-server/index.js'
import { type Command, type CommandRequest, valueOf } from './command.js'
import { type CommandEnvironment, EXIT, UsageError } from './command-environment.js'
import { columns } from './help.js'
import type { Printer } from './printer.js'
import { startWhatsAppServer } from './start-whatsapp-server.js'

/** What somebody types for a pretended phone to do. */
export type PhoneOrder =
  | { readonly action: 'scan'; readonly qr: string; readonly phone: string | null }
  | { readonly action: 'enter-code'; readonly phone: string; readonly code: string }

/** How the orders are written. */
export const PHONE_ORDERS: readonly (readonly [form: string, meaning: string])[] = Object.freeze([
  ['<QR text> [number]', 'a phone with this number, or a new one, scans the QR code with this text'],
  ['code <number> <code>', "somebody types the client's pairing code on the phone with this number"],
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

const FIRST_PHONE = 491_700_000_001

/** `whatsapp-server`: a WhatsApp on loopback, for any program that uses Baileys. */
export const whatsAppServerCommand: Command = {
  name: 'whatsapp-server',
  summary: 'Runs a simulated WhatsApp on 127.0.0.1, to test any program that uses Baileys, until Ctrl-C.',
  operands: [],
  options: {
    port: { value: 'port', meaning: 'The port. Without it, any free port.' },
    classic: { meaning: 'Links as WhatsApp did until July 2026, for a Baileys that does not answer a refreshed registration.' },
  },
  remarks: [
    'It prints what makeWASocket needs, and reads what a phone does from its input, one action per line:',
    ...columns(PHONE_ORDERS),
    'It needs the packages ws and @whiskeysockets/baileys. Nothing is stored, and nothing leaves this machine.',
  ],
  run: runWhatsAppServer,
}

async function runWhatsAppServer(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const isClassic = request.switches.has('classic')
  const server = await startWhatsAppServer({ port: readPort(valueOf(request, 'port')), registration: isClassic ? 'classic' : 'current' })
  // The phones here use it, too.
  const unquiet = quietLibsignal()
  try {
    tellWhatHappens(server, printer)
    printer.text(welcome(server, isClassic))
    await obeyUntilInterrupted(server, environment, printer)
    // Ctrl-C is how it ends, not how it is broken off.
    return EXIT.fine
  } finally {
    await server.close()
    unquiet()
  }
}

function readPort(text: string | undefined): number {
  if (text === undefined) return 0
  const port = Number(text)
  if (!/^\d+$/u.test(text) || port > 65_535) throw new UsageError(`--port must be a number from 0 to 65535, but is "${text}".`)
  return port
}

function welcome({ url, rootPublicKey }: WhatsAppServer, isClassic: boolean): string {
  const key = Buffer.from(rootPublicKey).toString('hex')
  return [
    `A simulated WhatsApp is listening on ${url}. Press Ctrl-C to stop it.`,
    '',
    'In your program, with Baileys 7:',
    `  import makeWASocket, { WA_CERT_DETAILS } from '@whiskeysockets/baileys'`,
    `  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from('${key}', 'hex')`,
    `  makeWASocket({ waWebSocketUrl: '${url}', … })`,
    'With Baileys 6.7, you need only the last line.',
    '',
    isClassic
      ? 'It links as WhatsApp did until July 2026: it does not refresh registrations.'
      : 'It links as WhatsApp does now: it retires the first QR code after a moment. Baileys alone does not handle that; use --classic for it.',
    'Type here what a phone does:',
    ...columns(PHONE_ORDERS),
  ].join('\n')
}

function tellWhatHappens(server: WhatsAppServer, printer: Printer): void {
  server.on('qr', ({ connection }) => {
    const { version, browser } = server.attempts().find((attempt) => attempt.connection === connection) ?? {}
    printer.line(`A client wants to be linked: ${browser ?? 'unknown'}, WhatsApp Web ${version ?? 'unknown'}.`)
  })
  server.on('pairing-code', ({ phone }) => printer.line(`A client shows a pairing code for ${phone}.`))
  server.on('paired', ({ deviceKey }) => printer.line(`Linked ${deviceKey}.`, 'good'))
  server.on('login', ({ deviceKey }) => printer.line(`Logged in: ${deviceKey}.`))
  server.on('logout', ({ deviceKey }) => printer.line(`Logged out: ${deviceKey}.`))
}

async function obeyUntilInterrupted(server: WhatsAppServer, { stdin, signal }: CommandEnvironment, printer: Printer): Promise<void> {
  let phones = 0
  const lines = createInterface({ input: stdin, terminal: false })
  lines.on('line', (line) => {
    const order = readPhoneOrder(line)
    if (order !== null) obey(server, order, () => String(FIRST_PHONE + phones++)).catch((error: unknown) => complain(error, signal, printer))
    else if (line.trim() !== '') printer.note('This is neither the text of a QR code nor "code <number> <code>".', 'bad')
  })
  // Without an input it runs on all the same.
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  lines.close()
}

async function obey(server: WhatsAppServer, order: PhoneOrder, newPhone: () => string): Promise<void> {
  if (order.action === 'scan') await server.scanQr(order.qr, { phone: order.phone ?? newPhone() })
  else await server.enterPairingCode(order.code, { phone: order.phone })
}

function complain(error: unknown, signal: AbortSignal, printer: Printer): void {
  if (!signal.aborted) printer.note(error instanceof Error ? error.message : String(error), 'bad')
}
