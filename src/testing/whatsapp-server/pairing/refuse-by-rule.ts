import type { Connection } from '../connection/connection.js'
import { kickNode } from '../faults/kick-node.js'
import type { ServerContext } from '../server-context.js'
import { SERVER_JID, stanza } from '../wire/binary-node.js'
import { isOutdated, type ScanRefusal } from './linking-rules.js'
import { requestPasskey } from './passkey.js'

const NOBODY = "The phone could not link the device, because the server's options refuse it"

/**
 * Rejects when a rule keeps the phone from linking this client, after the client has got what WhatsApp sends it then. `sendWrongSecret`
 * offers it a `pair-success` that does not verify.
 */
export async function refuseByRule(server: ServerContext, connection: Connection, sendWrongSecret: () => Promise<void>): Promise<void> {
  const { rules } = server.linking
  const { client } = connection
  if (client !== null && isOutdated(rules, client.version, 'after-scan')) {
    throw refusal(server, connection, 'requireVersion', `its version ${client.version.join('.')} of WhatsApp Web is too old`)
  }
  if (rules.passkey) {
    requestPasskey(server, connection)
    throw refusal(server, connection, 'requirePasskey', 'the account requires a passkey for new links, and the client was asked for one')
  }
  if (rules.scanRefusal === null) return
  await tellClient(server, connection, rules.scanRefusal, sendWrongSecret)
  throw refusal(server, connection, 'refuseScan', 'every scan')
}

async function tellClient(server: ServerContext, connection: Connection, how: ScanRefusal, sendWrongSecret: () => Promise<void>): Promise<void> {
  if (typeof how === 'object') connection.dismiss(kickNode(how), how.closeAfterMs)
  else if (how === 'wrong-secret') await sendWrongSecret().catch(() => undefined)
  else if (how === 'iq-error') {
    connection.send(stanza('iq', { from: SERVER_JID, type: 'error', id: server.nextId() }, [stanza('error', { code: '401', text: 'not-authorized' })]))
  }
}

function refusal(server: ServerContext, connection: Connection, rule: string, why: string): Error {
  server.journal.write('link-refused', connection, { rule })
  return new Error(`${NOBODY} (${rule}): ${why}.`)
}
