import { deviceKeyOf } from '../accounts/account.js'
import { kickNode } from '../faults/kick-node.js'
import { answerResult, type Query } from './answer.js'

/** `remove-companion-device`: the device unlinks itself. It is told that it worked, then thrown out. */
export function answerLogout({ server, connection, device, iq }: Query): boolean {
  const deviceKey = deviceKeyOf(device)
  if (server.faults.of(deviceKey).muteLogout) {
    server.journal.write('muted-logout', connection)
    return true
  }
  device.removed = true
  server.journal.write('logout', connection)
  answerResult(connection, iq)
  connection.dismiss(kickNode({ code: 401 }))
  server.journal.announce('logout', { deviceKey })
  return true
}
