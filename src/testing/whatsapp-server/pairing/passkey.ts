import { randomBytes } from 'node:crypto'
import type { Connection } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza } from '../wire/binary-node.js'

/** Asks the client for a passkey of WhatsApp's, as web browsers know them. Nothing that it answers links it. */
export function requestPasskey(server: ServerContext, connection: Connection): void {
  const id = server.nextId()
  connection.passkeyRequest = id
  connection.attempt.passkey = 'requested'
  server.journal.write('passkey-requested', connection, { id })
  const options = {
    challenge: randomBytes(32).toString('base64url'),
    rpId: 'whatsapp.com',
    userVerification: 'required',
    allowCredentials: [],
    timeout: 60_000,
  }
  connection.send(
    stanza('notification', { from: SERVER_JID, type: 'passkey_prologue_request', id, t: nowInSeconds() }, [
      stanza('passkey_request_options', {}, Buffer.from(JSON.stringify(options))),
    ]),
  )
}

/** The client has seen the request. */
export function onPasskeyRequestAcknowledged(server: ServerContext, connection: Connection): void {
  connection.attempt.passkey = 'acknowledged'
  server.journal.write('passkey-acknowledged', connection, { id: connection.passkeyRequest })
}
