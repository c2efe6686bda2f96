import { quietLibsignal } from '../../src/index.js'
import { WhatsAppServer } from '../../src/testing/index.js'
import { answerParent } from '../answer-parent.js'
import { type KnownDevice, linkDevices } from '../fleet/linked-devices.js'
import type { ServerFacts, ServerOrder } from './orders.js'

quietLibsignal()

const SENDER = '491600000000'

const server = await WhatsAppServer.start()
let devices: readonly KnownDevice[] = []

answerParent(async (order: ServerOrder): Promise<ServerFacts | object> => {
  if (order.kind === 'start') {
    devices = linkDevices(server, order.devices)
    return { url: server.url, rootPublicKey: server.rootPublicKey, creds: devices.map(({ creds }) => creds) }
  }
  for (let round = 0; round < order.count; round += 1) await sendToEach(`message ${round}`)
  return {}
})

/** One message to each device. Resolves when each has confirmed its own. */
async function sendToEach(text: string): Promise<void> {
  await Promise.all(devices.map(({ deviceKey }) => server.phoneText(SENDER, deviceKey, text)))
  await server.waitFor(() => devices.every(({ deviceKey }) => server.device(deviceKey).queued === 0))
}
