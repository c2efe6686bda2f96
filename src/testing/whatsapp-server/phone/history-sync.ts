import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { parseDeviceKey, type DeviceKey } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import { sendFromPhone, type SentMessage } from './send.js'

const compress = promisify(deflate)

/** The phone sends the history that a newly linked device waits for: an empty one, carried inside the message. */
export async function sendHistorySync(server: ServerContext, deviceKey: DeviceKey): Promise<SentMessage> {
  const { HistorySync, Message } = server.baileys.proto
  const syncType = HistorySync.HistorySyncType.RECENT
  const history = HistorySync.encode({ syncType, progress: 100, chunkOrder: 1, conversations: [], pushnames: [] }).finish()
  return sendFromPhone(server, parseDeviceKey(deviceKey).phone, deviceKey, {
    protocolMessage: {
      type: Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: { syncType, progress: 100, chunkOrder: 1, initialHistBootstrapInlinePayload: await compress(history) },
    },
  }, { category: 'peer' })
}
