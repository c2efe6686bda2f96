import { randomBytes } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import type { DeviceIdentity } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import { kickNode } from '../faults/kick-node.js'
import type { ServerContext } from '../server-context.js'
import { SERVER_JID, stanza } from '../wire/binary-node.js'
import { readUnsigned } from '../wire/numbers.js'
import { verifyXeddsa } from '../wire/xeddsa.js'

const SIGNAL_KEY_TYPE = Buffer.from([5])

/** A client without an identity registers: it is given references to show in QR codes. */
export function onRegistration(server: ServerContext, connection: Connection, data: proto.ClientPayload.IDevicePairingRegistrationData): void {
  connection.attempt.purpose = 'registration'
  const identity = readIdentity(connection, data)
  if (identity === null) {
    Object.assign(connection.attempt, { outcome: 'failed', reason: 'signed pre-key not valid' })
    server.journal.fail('registration', connection, new Error('the signed pre-key is missing or its signature is wrong'))
    connection.dismiss(kickNode({ code: 400, via: 'failure' }))
    return
  }
  const references = Array.from({ length: server.settings.qrReferences }, makeReference)
  connection.phase = 'registering'
  connection.attempt.outcome = 'registering'
  connection.registration = { identity, references }
  server.pairings.offer(references, connection)
  server.journal.write('register', connection, { references: references.length })
  connection.send(stanza('iq', { from: SERVER_JID, type: 'set', id: server.nextId(), xmlns: 'md' }, [
    stanza('pair-device', {}, references.map((reference) => stanza('ref', {}, Buffer.from(reference)))),
  ]))
  server.journal.announce('qr', { connection: connection.id, label: connection.label, references: references.length })
}

function readIdentity(connection: Connection, data: proto.ClientPayload.IDevicePairingRegistrationData): DeviceIdentity | null {
  const { eIdent, eRegid, eSkeyId, eSkeyVal, eSkeySig } = data
  if (!eIdent || !eRegid || !eSkeyId || !eSkeyVal || !eSkeySig) return null
  const signed = Buffer.concat([SIGNAL_KEY_TYPE, eSkeyVal])
  if (!verifyXeddsa(eIdent, signed, eSkeySig)) return null
  return {
    noisePublicKey: connection.noisePublicKey,
    identityPublicKey: Buffer.from(eIdent),
    registrationId: readUnsigned(eRegid),
    signedPreKey: { id: readUnsigned(eSkeyId), publicKey: Buffer.from(eSkeyVal), signature: Buffer.from(eSkeySig) },
  }
}

/** Commas and number signs would end the reference inside the QR. */
function makeReference(): string {
  return `2@${randomBytes(96).toString('base64').replace(/[,#]/g, 'A')}`
}
