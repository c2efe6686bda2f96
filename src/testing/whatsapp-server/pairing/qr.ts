import { checkPhone } from '../accounts/account.js'
import type { Connection, Registration } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { ClientRefusal, finishPairing, type PairingOptions } from './finish-pairing.js'
import { readQrText, type QrText } from './qr-text.js'
import { refreshAfterScan } from './refresh.js'

/** How long a phone looks at a screen on which there is nothing to scan. */
const LOOK_MS = 10_000
/** The longest that all refreshes of one registration may take. */
const REFRESHES_MS = 10 * 60_000

const RETIRED = 'This QR code was retired: WhatsApp has refreshed the registration, and the old code links nobody. Scan the current one.'
const IGNORED =
  'WhatsApp refused the link: it refreshed the registration (companion_reg_refresh), and the client did not acknowledge it, so its QR codes are retired. ' +
  `Baileys alone, up to 7.0.0-rc14, ignores the refresh. Link such clients with registration: 'classic'.`

/** What a phone scans: the text of a QR code, or a look at the screen that shows one. */
export type Scannable = string | (() => string | undefined | Promise<string | undefined>)

interface Scan {
  readonly code: QrText
  readonly connection: Connection
  readonly registration: Registration
}

/** The phone scans a QR code that a client shows. */
export async function scanQr(server: ServerContext, shown: Scannable, options: PairingOptions): Promise<LinkedDevice> {
  checkPhone(options.phone)
  for (;;) {
    const scan = await aimAtGoodCode(server, shown)
    if (refreshAfterScan(server, scan.connection)) await refreshesAreThrough(server, scan)
    if (isRetired(scan)) throw new Error(RETIRED)
    try {
      return await finishPairing(server, scan.connection, scan.registration, Buffer.from(scan.code.advSecret, 'base64'), options)
    } catch (error) {
      if (!(error instanceof ClientRefusal) || !scan.connection.refreshes.hasRenewed) throw error
      scan.connection.refreshes.retire(scan.code.advSecret)
      // Whoever looks at a screen sees the new code; whoever was given a text does not.
      if (typeof shown === 'string' || !scan.connection.isOpen)
        throw new Error(`${RETIRED} The client reported this itself. ${error.message}`, { cause: error })
    }
  }
}

/** A scan takes a person seconds: the refreshes come first, and what a screen shows is read once more when they are through. */
async function aimAtGoodCode(server: ServerContext, shown: Scannable): Promise<Scan> {
  const first = await aim(server, shown)
  await refreshesAreThrough(server, first)
  return typeof shown === 'string' ? findScan(server, shown) : aim(server, shown)
}

async function aim(server: ServerContext, shown: Scannable): Promise<Scan> {
  if (typeof shown === 'string') return findScan(server, shown)
  const look = async (): Promise<Scan | null> => {
    const text = await shown()
    const scan = text ? seeScan(server, text) : null
    return scan === null || isRetired(scan) ? null : scan
  }
  return server.waits.value(look, LOOK_MS, 'a QR code on the screen that is not retired and whose client is connected')
}

async function refreshesAreThrough(server: ServerContext, { code, connection }: Scan): Promise<void> {
  const { refreshes } = connection
  refreshes.scan(code.advSecret)
  await server.waits.condition(() => refreshes.outcome !== 'under-way' || !connection.isOpen, REFRESHES_MS)
  if (refreshes.outcome === 'ignored') throw new Error(IGNORED)
}

function isRetired({ code, connection }: Scan): boolean {
  return connection.refreshes.isRetired(code.advSecret)
}

/** Throws when the client that showed the code is gone, or paired. */
function findScan(server: ServerContext, text: string): Scan {
  const scan = seeScan(server, text)
  if (scan === null) throw new Error('The QR code has expired: the client that showed it has disconnected or is already paired. Scan a new one.')
  return scan
}

function seeScan(server: ServerContext, text: string): Scan | null {
  const code = readQrText(text)
  const connection = server.pairings.offeredBy(code.reference)
  const registration = connection?.registration
  if (!connection || !registration) return null
  const { noisePublicKey, identityPublicKey } = registration.identity
  if (!noisePublicKey.equals(code.noiseKey) || !identityPublicKey.equals(code.identityKey)) {
    throw new Error('The keys in the QR code do not match those that its client registered.')
  }
  return { code, connection, registration }
}
