import { parseDeviceKey, type Account, type DeviceKey } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import { bytesOf, type BinaryNode } from '../wire/binary-node.js'
import { lidJid } from '../wire/jid.js'
import { unpad } from './padding.js'

/** A phone receives its copy of a message and tells the server's listeners what it says. */
export async function receiveOnPhone(server: ServerContext, account: Account, from: DeviceKey, id: string, ciphertext: BinaryNode): Promise<void> {
  try {
    const { phone, number } = parseDeviceKey(from)
    const jid = lidJid(server.accounts.account(phone).lid, number)
    const padded = await server.phones.phone(account).decrypt(jid, ciphertext.attrs['type'] ?? '', bytesOf(ciphertext))
    const { Message } = server.baileys.proto
    const message = Message.decode(unpad(padded))
    const text = message.conversation ?? message.extendedTextMessage?.text ?? null
    server.journal.receive({ phone: account.phone, from, id, text: text === '' ? null : text, content: Message.toObject(message) })
  } catch (error) {
    server.journal.fail('message to a phone', null, error)
  }
}
