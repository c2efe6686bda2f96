import type { Connection, Registration } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { checkPhone } from '../accounts/account.js'
import { finishPairing, type PairingOptions } from './finish-pairing.js'

/** The phone scans a QR code that a client shows. */
export async function scanQr(server: ServerContext, qr: string, options: PairingOptions): Promise<LinkedDevice> {
  checkPhone(options.phone)
  const [reference = '', noiseKey, identityKey, advSecret] = qr.slice(qr.indexOf('#') + 1).split(',')
  if (noiseKey === undefined || identityKey === undefined || advSecret === undefined) {
    throw new TypeError('qr must be the text of a QR code as Baileys reports it: reference, noise key, identity key and secret, with commas between')
  }
  const { connection, registration } = findRegistration(server, reference)
  const { noisePublicKey, identityPublicKey } = registration.identity
  if (!noisePublicKey.equals(Buffer.from(noiseKey, 'base64')) || !identityPublicKey.equals(Buffer.from(identityKey, 'base64'))) {
    throw new Error('The keys in the QR code are not those that its client registered with.')
  }
  return finishPairing(server, connection, registration, Buffer.from(advSecret, 'base64'), options)
}

function findRegistration(server: ServerContext, reference: string): { connection: Connection, registration: Registration } {
  const connection = server.pairings.offeredBy(reference)
  if (connection === undefined || connection.registration === null) {
    throw new Error('The QR code has expired: the client that showed it is gone, or is paired already. Scan a fresh one.')
  }
  return { connection, registration: connection.registration }
}
