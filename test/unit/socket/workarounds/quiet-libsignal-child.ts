import * as baileys from '@whiskeysockets/baileys'
import { quietLibsignal, silentLogger } from '../../../../src/index.js'
import { pickBaileysParts } from '../../../../src/testing/whatsapp-server/baileys-parts.js'
import type { SignalKeys } from '../../../../src/testing/whatsapp-server/phone/signal-repository.js'

// The session with a contact is replaced again and again: each time the real libsignal prints the one that it closes.
const records = new Map<string, unknown>()
const keys: SignalKeys = {
  get: (type, ids) => Promise.resolve(Object.fromEntries(ids.map((id) => [id, records.get(`${type}/${id}`)]))),
  set: (data) => {
    for (const [type, values] of Object.entries(data)) for (const [id, value] of Object.entries(values)) records.set(`${type}/${id}`, value)
    return Promise.resolve()
  },
  isInTransaction: () => true,
  transaction: (work) => work(),
}
const { makeSignalRepository, curve } = pickBaileysParts(baileys)
const publicKey = (key: Uint8Array): Uint8Array => Buffer.concat([Buffer.from([5]), key])

function makeIdentity(): Parameters<NonNullable<typeof makeSignalRepository>>[0]['creds'] {
  const [signedIdentityKey, keyPair] = [curve.generateKeyPair(), curve.generateKeyPair()]
  return {
    signedIdentityKey,
    signedPreKey: { keyId: 1, keyPair, signature: curve.sign(signedIdentityKey.private, publicKey(keyPair.public)) },
    registrationId: 1,
  }
}

const contact = makeIdentity()
const repository = makeSignalRepository?.({ creds: makeIdentity(), keys }, silentLogger(), () => Promise.resolve([]))

async function replaceSession(): Promise<void> {
  const { keyId, keyPair, signature } = contact.signedPreKey
  await repository?.injectE2ESession({
    jid: '5511912345678@s.whatsapp.net',
    session: {
      registrationId: contact.registrationId,
      identityKey: publicKey(contact.signedIdentityKey.public),
      signedPreKey: { keyId, publicKey: publicKey(keyPair.public), signature },
      preKey: { keyId: 1, publicKey: publicKey(curve.generateKeyPair().public) },
    },
  })
}

await replaceSession()
process.stdout.write('LOUD\n')
await replaceSession()
const undo = quietLibsignal()
process.stdout.write('QUIET\n')
await replaceSession()
undo()
process.stdout.write('UNDONE\n')
await replaceSession()
repository?.close?.()
