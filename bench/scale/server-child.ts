import * as baileys from '@whiskeysockets/baileys'
import { quietLibsignal } from '../../src/index.js'
import { WhatsAppServer } from '../../src/testing/index.js'
import type { ServerFacts, ServerOrder } from './orders.js'

quietLibsignal()

const FIRST_PHONE = 491_700_000_000

process.once('message', ({ devices }: ServerOrder) => {
  void start(devices).then((facts) => {
    process.send?.(facts)
  })
})
process.once('disconnect', () => process.exit(0))

/** Links devices as a finished pairing would, without the pairing. */
async function start(devices: number): Promise<ServerFacts> {
  const server = await WhatsAppServer.start()
  const creds = Array.from({ length: devices }, (_, index) => {
    const fresh = baileys.initAuthCreds()
    server.linkDirect(fresh, { phone: String(FIRST_PHONE + index) })
    return JSON.stringify(fresh, baileys.BufferJSON.replacer)
  })
  return { url: server.url, rootPublicKey: server.rootPublicKey, creds }
}
