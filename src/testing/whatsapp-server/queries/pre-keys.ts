import { createHash } from 'node:crypto'
import type { Device, SignedPreKey } from '../accounts/account.js'
import { keyBundle, SIGNAL_TYPE_NODE, signedPreKeyNode } from '../relay/key-bundle.js'
import { bytesOf, childOf, childrenOf, stanza, type BinaryNode } from '../wire/binary-node.js'
import { readUnsigned, writeUnsigned } from '../wire/numbers.js'
import { answerResult, type Query, type QueryHandler } from './answer.js'

/** `encrypt`: the pre-keys that a device uploads, counts, checks, rotates, and asks for of others. */
export const answerEncrypt: QueryHandler = (query) => {
  const { server, connection, device, iq, asked } = query
  switch (asked?.tag) {
    case 'count':
      return answerResult(connection, iq, [stanza('count', { value: String(device.preKeys.size) })])
    case 'digest':
      return answerResult(connection, iq, [digest(device)])
    case 'rotate':
      device.signedPreKey = readSignedPreKey(childOf(asked, 'skey'))
      return answerResult(connection, iq)
    case 'key': {
      const bundles = childrenOf(asked, 'user').map((user) => keyBundle(server, user.attrs['jid'] ?? ''))
      return answerResult(connection, iq, [stanza('list', {}, bundles)])
    }
    default:
      return iq.attrs['type'] === 'set' && takeUpload(query)
  }
}

function takeUpload({ server, connection, device, iq }: Query): boolean {
  const uploaded = childrenOf(childOf(iq, 'list'), 'key')
  for (const key of uploaded) device.preKeys.set(readUnsigned(bytesOf(childOf(key, 'id'))), bytesOf(childOf(key, 'value')))
  const signed = childOf(iq, 'skey')
  if (signed !== undefined) device.signedPreKey = readSignedPreKey(signed)
  server.journal.write('pre-keys', connection, { uploaded: uploaded.length, total: device.preKeys.size })
  return answerResult(connection, iq)
}

function readSignedPreKey(node: BinaryNode | undefined): SignedPreKey {
  return {
    id: readUnsigned(bytesOf(childOf(node, 'id'))),
    publicKey: bytesOf(childOf(node, 'value')),
    signature: bytesOf(childOf(node, 'signature')),
  }
}

function digest(device: Device): BinaryNode {
  const ids = [...device.preKeys.keys()].filter((id) => id > 0).slice(0, 5)
  const hash = createHash('sha1').update(device.identityPublicKey).update(device.signedPreKey.publicKey).digest()
  return stanza('digest', {}, [
    stanza('registration', {}, writeUnsigned(device.registrationId, 4)),
    SIGNAL_TYPE_NODE,
    stanza('identity', {}, device.identityPublicKey),
    signedPreKeyNode(device.signedPreKey),
    stanza(
      'list',
      {},
      ids.map((id) => stanza('id', {}, writeUnsigned(id, 3))),
    ),
    stanza('hash', {}, hash),
  ])
}
