import type { Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import { onCodeMessage } from '../pairing/code.js'
import { sendFirstSync } from '../phone/first-sync.js'
import { sendQueue } from '../queue/send-queue.js'
import type { ServerContext } from '../server-context.js'
import { childrenOf, nowInSeconds, type BinaryNode } from '../wire/binary-node.js'
import { answerResult, type Query, type QueryHandler } from './answer.js'
import { answerLogout } from './logout.js'
import { answerEncrypt } from './pre-keys.js'
import {
  answerAppState,
  answerBlockList,
  answerDone,
  answerFacts,
  answerGroups,
  answerMediaHosts,
  answerPicture,
  answerPrivacy,
  answerProperties,
} from './settings.js'
import { answerUsers } from './users.js'

const HANDLERS: ReadonlyMap<string, QueryHandler> = new Map<string, QueryHandler>([
  ['encrypt', answerEncrypt],
  ['passive', answerPassive],
  ['md', (query) => query.asked?.tag === 'remove-companion-device' && answerLogout(query)],
  ['usync', answerUsers],
  ['abt', answerProperties],
  ['w', answerProperties],
  ['blocklist', answerBlockList],
  ['privacy', answerPrivacy],
  ['w:sync:app:state', answerAppState],
  ['w:mex', answerFacts],
  ['w:m', answerMediaHosts],
  ['w:profile:picture', answerPicture],
  ['w:g2', answerGroups],
  ['urn:xmpp:whatsapp:dirty', answerDone],
  ['w:stats', answerDone],
  ['status', answerDone],
  ['disappearing_mode', answerDone],
])

/** Answers an iq. What nobody knows is counted and answered with an empty result, so that no client waits. */
export function onQuery(server: ServerContext, connection: Connection, device: Device | undefined, iq: BinaryNode): void {
  const asked = childrenOf(iq)[0]
  const { xmlns = '', id = '' } = iq.attrs
  if (xmlns === 'w:p') {
    answerResult(connection, iq, undefined, { t: nowInSeconds() })
    return
  }
  if (xmlns === 'md' && asked?.tag === 'link_code_companion_reg') {
    onCodeMessage(server, connection, id, asked)
    return
  }
  if (device !== undefined && HANDLERS.get(xmlns)?.({ server, connection, device, iq, asked }) === true) return
  if (device !== undefined) server.journal.unknownQuery(`${xmlns}/${iq.attrs['type'] ?? ''}/${asked?.tag ?? ''}`)
  answerResult(connection, iq)
}

/** `passive`: with `active` the device asks for what was kept for it, and the first time for its history too. */
function answerPassive({ server, connection, device, iq, asked }: Query): boolean {
  answerResult(connection, iq, undefined, { t: nowInSeconds() })
  if (asked?.tag !== 'active') return true
  sendQueue(server, connection, device)
  if (device.awaitsFirstSync) {
    device.awaitsFirstSync = false
    sendFirstSync(server, device).catch((error: unknown) => server.journal.fail('first sync', connection, error))
  }
  return true
}
