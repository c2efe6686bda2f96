import { randomBytes } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import type { DeviceIdentity } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import { kickNode, type Kick } from '../faults/kick-node.js'
import type { ServerContext } from '../server-context.js'
import { SERVER_JID, stanza } from '../wire/binary-node.js'
import { readUnsigned } from '../wire/numbers.js'
import { verifyXeddsa } from '../wire/xeddsa.js'
import { isOutdated } from './linking-rules.js'
import { refreshAfterQr, refreshBeforeQr } from './refresh.js'
import { readClient } from './registering-client.js'

const SIGNAL_KEY_TYPE = Buffer.from([5])

/** A client without an identity registers: it is given references to show in QR codes, unless it is refused. */
export function onRegistration(server: ServerContext, connection: Connection, wish: proto.IClientPayload): void {
  const client = readClient(server.baileys, wish)
  connection.client = client
  Object.assign(connection.attempt, { purpose: 'registration', browser: client.browser })
  const identity = readIdentity(connection, wish.devicePairingData ?? {})
  if (identity === null) {
    server.journal.fail('registration', connection, new Error('the signed pre-key is missing or its signature is wrong'))
    refuse(server, connection, 'signed pre-key not valid', { code: 400, via: 'failure' })
    return
  }
  const { rules } = server.linking
  if (rules.closed === 'all' || (rules.closed === 'desktop' && client.isDesktop)) {
    refuse(server, connection, 'registration closed', null)
    return
  }
  if (isOutdated(rules, client.version, 'before-qr')) {
    refuse(server, connection, `version ${client.version.join('.')} is too old`, { code: 405, via: 'failure' })
    return
  }
  offerReferences(server, connection, identity)
}

function refuse(server: ServerContext, connection: Connection, reason: string, kick: Kick | null): void {
  Object.assign(connection.attempt, { outcome: 'failed', reason })
  server.journal.write('registration-refused', connection, { reason })
  if (kick === null) connection.close(1000)
  else connection.dismiss(kickNode(kick))
}

function offerReferences(server: ServerContext, connection: Connection, identity: DeviceIdentity): void {
  const references = Array.from({ length: server.settings.qrReferences }, makeReference)
  connection.phase = 'registering'
  connection.attempt.outcome = 'registering'
  connection.registration = { identity, references, isBeingLinked: false }
  connection.refreshes.begin(server.linking.rules.refreshes)
  server.pairings.offer(references, connection)
  server.journal.write('register', connection, { references: references.length })
  refreshBeforeQr(server, connection)
  connection
    .ask(
      stanza('iq', { from: SERVER_JID, type: 'set', id: server.nextId(), xmlns: 'md' }, [
        stanza(
          'pair-device',
          {},
          references.map((reference) => stanza('ref', {}, Buffer.from(reference))),
        ),
        // Whoever does not answer in time is refreshed all the same; whoever is gone has no timers.
      ]),
    )
    .catch(() => undefined)
    .finally(() => refreshAfterQr(server, connection))
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
