import type { Addressee } from '../accounts/account-book.js'
import { answerResult, type QueryHandler } from './answer.js'
import type { ServerContext } from '../server-context.js'
import { bytesOf, childOf, childrenOf, nowInSeconds, stanza, type BinaryNode } from '../wire/binary-node.js'
import { lidJid, phoneJid } from '../wire/jid.js'

/** `usync`: who has an account, under which lid, with which devices. */
export const answerUsers: QueryHandler = ({ server, connection, iq, asked }) => {
  const protocols = childrenOf(childOf(asked, 'query')).map(({ tag }) => tag)
  const users = childrenOf(childOf(asked, 'list'), 'user').map((user) => describeUser(server, user, protocols))
  const { context = '', mode = '', sid = '' } = asked?.attrs ?? {}
  return answerResult(connection, iq, [
    stanza('usync', { context, mode, sid, index: '0', last: 'true' }, [stanza('result', {}, []), stanza('list', {}, users)]),
  ])
}

function describeUser(server: ServerContext, user: BinaryNode, protocols: readonly string[]): BinaryNode {
  const contact = bytesOf(childOf(user, 'contact')).toString().replace(/\D/g, '')
  const jid = user.attrs['jid'] ?? phoneJid(contact)
  const addressee = server.accounts.resolve(jid)
  const content = protocols.flatMap((protocol) => {
    switch (protocol) {
      case 'contact':
        return stanza('contact', { type: addressee === undefined ? 'out' : 'in' }, contact === '' ? undefined : Buffer.from(`+${contact}`))
      case 'lid':
        return addressee === undefined || addressee.isLid ? [] : stanza('lid', { val: lidJid(addressee.account.lid) })
      case 'devices':
        return deviceList(server, addressee)
      default:
        return stanza(protocol)
    }
  })
  return stanza('user', { jid }, content)
}

function deviceList(server: ServerContext, addressee: Addressee | undefined): BinaryNode {
  const linked = addressee === undefined ? [] : [...addressee.account.devices.values()].filter((device) => !device.removed)
  const phone = addressee !== undefined && server.settings.listPhone ? [stanza('device', { id: '0' })] : []
  const devices = linked.map(({ number }) => stanza('device', { id: String(number), 'key-index': String(number) }))
  return stanza('devices', {}, [stanza('device-list', { hash: '2:loop' }, [...phone, ...devices]), stanza('key-index-list', { ts: nowInSeconds() })])
}
