import { onLogin } from '../login/login.js'
import { readVersion } from '../pairing/registering-client.js'
import { onRegistration } from '../pairing/registration.js'
import type { ServerContext } from '../server-context.js'
import type { Connection } from './connection.js'

/** How long the answer to a login takes at least, as on a quick network. */
const NETWORK_MS = 5

/**
 * The same, twice, for a client that derives its transport keys in a thread: it ends its process when an answer comes before (Baileys
 * 6.7.24). On a busy machine a thread takes its time, and so does this process: then only the second of two timers has waited.
 */
const SLOW_KEYS_MS = 50

/** Takes the two frames of the handshake, then hands on what the client wants: to register or to log in. */
export function onHandshakeFrame(server: ServerContext, connection: Connection, frame: Buffer): void {
  const message = server.baileys.proto.HandshakeMessage.decode(frame)
  if (connection.stage === 'hello') {
    const ephemeral = message.clientHello?.ephemeral
    if (!ephemeral) throw new Error('the first message of the handshake is not a client hello')
    onHello(server, connection, Buffer.from(ephemeral))
    return
  }
  const { static: sealedStatic, payload } = message.clientFinish ?? {}
  if (!sealedStatic || !payload) throw new Error('the second message of the handshake is not a client finish')
  onFinish(server, connection, Buffer.from(sealedStatic), Buffer.from(payload))
}

function onHello(server: ServerContext, connection: Connection, ephemeral: Buffer): void {
  connection.stage = 'finish'
  server.journal.write('hello', connection)
  if (server.faults.connection.muteHandshake) {
    connection.attempt.outcome = 'muted'
    connection.attempt.reason = 'handshake'
    server.journal.write('muted-handshake', connection)
    return
  }
  connection.timers.later(server.faults.connection.handshakeDelayMs, () => {
    const serverHello = connection.noise.hello(ephemeral, server.keys.handshake, server.certificateChain)
    connection.sendFrame(server.baileys.proto.HandshakeMessage.encode({ serverHello }).finish())
  })
}

function onFinish(server: ServerContext, connection: Connection, sealedStatic: Buffer, sealedPayload: Buffer): void {
  const { noisePublicKey, payload } = connection.noise.finish(sealedStatic, sealedPayload)
  connection.noisePublicKey = noisePublicKey
  connection.stage = 'transport'
  connection.attempt.payloadAt = Date.now()
  const wish = server.baileys.proto.ClientPayload.decode(payload)
  connection.attempt.version = readVersion(wish).join('.')
  const answer = (): void => {
    if (wish.devicePairingData) onRegistration(server, connection, wish)
    else onLogin(server, connection, wish)
  }
  const { timers } = connection
  if (server.baileys.derivesKeysLater)
    timers.later(SLOW_KEYS_MS, () => {
      timers.later(SLOW_KEYS_MS, answer)
    })
  else timers.later(NETWORK_MS, answer)
}
