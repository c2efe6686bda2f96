import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { deviceKeyOf, type Account, type Device } from '../accounts/account.js'
import type { ServerContext } from '../server-context.js'
import { hkdf, sha256 } from '../wire/ciphers.js'
import { sendFromPhone } from './send.js'

const TO_OWN_DEVICE = { attributes: { category: 'peer' } }
const compress = promisify(deflate)

/** What a phone sends to a device that it has just linked: the key of the app state, then the history, which is empty. */
export async function sendFirstSync(server: ServerContext, device: Device): Promise<void> {
  const account = server.accounts.account(device.phone)
  const deviceKey = deviceKeyOf(device)
  for (const protocolMessage of [appStateKey(server, account), await emptyHistory(server)]) {
    await sendFromPhone(server, account.phone, deviceKey, { protocolMessage }, TO_OWN_DEVICE)
  }
}

/** Every device of an account gets the same key, so it is derived and not remembered. */
function appStateKey(server: ServerContext, account: Account): object {
  const keyId = sha256(Buffer.from(`app state key of ${account.phone}`)).subarray(0, 6)
  const keyData = hkdf(account.identity.private, 32, keyId, 'app state key')
  return {
    type: server.baileys.proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
    appStateSyncKeyShare: {
      keys: [
        {
          keyId: { keyId },
          keyData: { keyData, fingerprint: { rawId: account.registrationId, currentIndex: 0, deviceIndexes: [0] }, timestamp: 1_700_000_000 },
        },
      ],
    },
  }
}

async function emptyHistory(server: ServerContext): Promise<object> {
  const { HistorySync, Message } = server.baileys.proto
  // Baileys 7 takes this type from inside the message; 6.7 cannot take any from there, but does not try with this one.
  const syncType = HistorySync.HistorySyncType.NON_BLOCKING_DATA
  const history = HistorySync.encode({ syncType, progress: 100, chunkOrder: 1, conversations: [], pushnames: [] }).finish()
  return {
    type: Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
    historySyncNotification: { syncType, progress: 100, chunkOrder: 1, initialHistBootstrapInlinePayload: await compress(history) },
  }
}
