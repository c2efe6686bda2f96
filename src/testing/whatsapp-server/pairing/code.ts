import { randomBytes } from 'node:crypto'
import { checkPhone, type Account } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import type { ServerContext } from '../server-context.js'
import type { LinkedDevice } from '../server-events.js'
import { bytesOf, childOf, nowInSeconds, SERVER_JID, stanza, type BinaryNode } from '../wire/binary-node.js'
import { applyCtr, hkdf, openGcm, pairingCodeKey } from '../wire/ciphers.js'
import { parseJid } from '../wire/jid.js'
import { finishPairing, type PairingOptions } from './finish-pairing.js'
import type { PairingCodeRefusal } from './linking-rules.js'
import type { CodeRequest } from './pending-pairings.js'

const EMPTY = Buffer.alloc(0)
const FINISH_TIMEOUT_MS = 15_000
/** A client shows its pairing code before the server has heard of it. */
const TYPING_MS = 1000
/** The words that come with the codes. */
const REFUSALS = { 400: 'bad-request', 429: 'rate-overlimit' } as const

/** The client's two messages: it asks for a pairing code, and later it finishes with a bundle of keys. */
export function onCodeMessage(server: ServerContext, connection: Connection, id: string, message: BinaryNode): void {
  const answer = (content?: BinaryNode[]): void => {
    connection.send(stanza('iq', { from: SERVER_JID, type: 'result', id }, content))
  }
  if (message.attrs['stage'] === 'companion_hello') {
    const { codeRefusal } = server.linking.rules
    if (codeRefusal !== null) {
      refuseCode(server, connection, id, codeRefusal)
      return
    }
    const request = toRequest(connection, message)
    server.pairings.request(request)
    server.journal.write('pairing-code', connection, { phone: request.phone })
    answer([stanza('link_code_companion_reg', { stage: 'companion_hello' }, [stanza('link_code_pairing_ref', {}, Buffer.from(request.reference))])])
    server.journal.announce('pairing-code', { connection: connection.id, phone: request.phone })
    return
  }
  answer()
  if (message.attrs['stage'] !== 'companion_finish') return
  const reference = bytesOf(childOf(message, 'link_code_pairing_ref')).toString()
  server.pairings.requestOf(reference)?.finish?.(bytesOf(childOf(message, 'link_code_pairing_wrapped_key_bundle')))
}

function refuseCode(server: ServerContext, connection: Connection, id: string, how: PairingCodeRefusal): void {
  server.journal.write('pairing-code-refused', connection, { how })
  if (how === 'silence') return
  connection.send(stanza('iq', { from: SERVER_JID, type: 'error', id }, [stanza('error', { code: String(how), text: REFUSALS[how] })]))
}

/** The phone's user types the pairing code that a client shows. */
export async function enterPairingCode(server: ServerContext, code: string, options: PairingOptions): Promise<LinkedDevice> {
  checkPhone(options.phone)
  await server.waits.condition(() => server.pairings.requestFor(options.phone) !== undefined, TYPING_MS).catch(() => undefined)
  const request = server.pairings.requestFor(options.phone)
  const registration = request?.connection.registration
  if (request === undefined || !registration) {
    throw new Error(`No client is waiting for a pairing code for phone ${options.phone}: none requested one, or it has disconnected.`)
  }
  const account = server.accounts.account(options.phone)
  const clientKey = await unwrapKey(code, request.wrappedKey)
  const phoneKey = server.baileys.curve.generateKeyPair()
  const bundle = await exchange(server, request, account, await wrapKey(code, phoneKey.public))

  const shared = server.baileys.curve.sharedKey(phoneKey.private, clientKey)
  const { identityPublicKey } = registration.identity
  const random = openBundle(bundle, shared, identityPublicKey, account)
  const identitySecret = server.baileys.curve.sharedKey(account.identity.private, identityPublicKey)
  const advSecret = hkdf(Buffer.concat([shared, identitySecret, random]), 32, EMPTY, 'adv_secret')
  return finishPairing(server, request.connection, registration, advSecret, options)
}

function toRequest(connection: Connection, message: BinaryNode): CodeRequest {
  return {
    reference: `3@${randomBytes(24).toString('base64')}`,
    phone: parseJid(message.attrs['jid'])?.user ?? '',
    connection,
    wrappedKey: bytesOf(childOf(message, 'link_code_pairing_wrapped_companion_ephemeral_pub')),
    finish: null,
  }
}

/** A wrapped key is salt, counter and ciphertext. */
async function unwrapKey(code: string, wrapped: Buffer): Promise<Buffer> {
  return applyCtr(wrapped.subarray(48, 80), await pairingCodeKey(code, wrapped.subarray(0, 32)), wrapped.subarray(32, 48))
}

async function wrapKey(code: string, publicKey: Buffer): Promise<Buffer> {
  const salt = randomBytes(32)
  const counter = randomBytes(16)
  return Buffer.concat([salt, counter, applyCtr(publicKey, await pairingCodeKey(code, salt), counter)])
}

async function exchange(server: ServerContext, request: CodeRequest, account: Account, wrapped: Buffer): Promise<Buffer> {
  const { timers } = request.connection
  return new Promise<Buffer>((resolve, reject) => {
    const stopTimer = timers.later(FINISH_TIMEOUT_MS, () => reject(new Error(`The client did not finish the pairing within ${FINISH_TIMEOUT_MS} ms.`)))
    request.finish = (bundle) => {
      stopTimer()
      if (bundle === null) reject(new Error('The client closed its connection before it finished the pairing.'))
      else resolve(bundle)
    }
    request.connection.send(primaryHello(server, request, account, wrapped))
  })
}

function primaryHello(server: ServerContext, request: CodeRequest, account: Account, wrapped: Buffer): BinaryNode {
  return stanza('notification', { from: SERVER_JID, type: 'link_code_companion_reg', id: server.nextId(), t: nowInSeconds() }, [
    stanza('link_code_companion_reg', { stage: 'primary_hello' }, [
      stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
      stanza('primary_identity_pub', {}, account.identity.public),
      stanza('link_code_pairing_ref', {}, Buffer.from(request.reference)),
    ]),
  ])
}

/** The bundle holds both identity keys and the client's random bytes; it opens only when both used the same code. */
function openBundle(bundle: Buffer, shared: Buffer, identityPublicKey: Buffer, account: Account): Buffer {
  const key = hkdf(shared, 32, bundle.subarray(0, 32), 'link_code_pairing_key_bundle_encryption_key')
  const plain = tryOpen(bundle.subarray(44), key, bundle.subarray(32, 44))
  if (plain === null) throw new Error('The pairing code is wrong.')
  if (!plain.subarray(0, 32).equals(identityPublicKey) || !plain.subarray(32, 64).equals(account.identity.public)) {
    throw new Error("The client finished the pairing with another client's keys.")
  }
  return plain.subarray(64, 96)
}

function tryOpen(sealed: Buffer, key: Buffer, nonce: Buffer): Buffer | null {
  try {
    return openGcm(sealed, key, nonce, EMPTY)
  } catch {
    return null
  }
}
