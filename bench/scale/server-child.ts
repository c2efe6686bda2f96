import { quietLibsignal } from '../../src/index.js'
import { WhatsAppServer } from '../../src/testing/index.js'
import { answerParent } from '../answer-parent.js'
import { linkDevices } from '../fleet/linked-devices.js'
import type { ServerFacts, ServerOrder } from './orders.js'

quietLibsignal()

answerParent(async ({ devices }: ServerOrder): Promise<ServerFacts> => {
  const server = await WhatsAppServer.start()
  return { url: server.url, rootPublicKey: server.rootPublicKey, creds: linkDevices(server, devices).map(({ creds }) => creds) }
})
