import type { Device, SignedPreKey } from '../accounts/account.js'
import { takePreKey } from '../accounts/pre-key.js'
import { deliverIfOnline } from '../queue/deliver.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza, type BinaryNode } from '../wire/binary-node.js'
import { writeUnsigned } from '../wire/numbers.js'

const FEW_PRE_KEYS = 5

/** Every Signal key is of type 5. */
export const SIGNAL_TYPE_NODE: BinaryNode = stanza('type', {}, Buffer.from([5]))

/** What another device needs to write to the device with this jid for the first time. */
export function keyBundle(server: ServerContext, jid: string): BinaryNode {
  const addressee = server.accounts.resolve(jid)
  if (addressee === undefined) return notFound(jid)
  const { account, number } = addressee
  if (number === 0) {
    return stanza('user', { jid, t: nowInSeconds() }, [
      ...identityNodes(account.registrationId, account.identity.public),
      signedPreKeyNode(account.signedPreKey),
    ])
  }
  const device = account.devices.get(number)
  if (device === undefined || device.removed) return notFound(jid)
  const preKey = takePreKey(device)
  askForMore(server, device)
  return stanza('user', { jid, t: nowInSeconds() }, [
    ...identityNodes(device.registrationId, device.identityPublicKey),
    signedPreKeyNode(device.signedPreKey),
    ...(preKey === undefined ? [] : [stanza('key', {}, [stanza('id', {}, writeUnsigned(preKey.id, 3)), stanza('value', {}, preKey.publicKey)])]),
    stanza('device-identity', {}, device.signedIdentity),
  ])
}

/** A signed pre-key as a node. */
export function signedPreKeyNode({ id, publicKey, signature }: SignedPreKey): BinaryNode {
  return stanza('skey', {}, [stanza('id', {}, writeUnsigned(id, 3)), stanza('value', {}, publicKey), stanza('signature', {}, signature)])
}

function identityNodes(registrationId: number, identityPublicKey: Buffer): BinaryNode[] {
  return [stanza('registration', {}, writeUnsigned(registrationId, 4)), SIGNAL_TYPE_NODE, stanza('identity', {}, identityPublicKey)]
}

function notFound(jid: string): BinaryNode {
  return stanza('user', { jid }, [stanza('error', { code: '404', text: 'item-not-found' })])
}

function askForMore(server: ServerContext, device: Device): void {
  const left = device.preKeys.size
  if (left >= FEW_PRE_KEYS) return
  deliverIfOnline(
    server,
    device,
    stanza('notification', { from: SERVER_JID, type: 'encrypt', id: server.nextId(), t: nowInSeconds() }, [stanza('count', { value: String(left) })]),
  )
}
