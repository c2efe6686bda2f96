// A WhatsApp in its own process: like the real one, it survives a kill -9 of the server, long enough to save its state.
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { quietLibsignal } from 'baileys-sessions'
import { WhatsAppServer } from 'baileys-sessions/testing'
import type { OrderMessage, PhoneOrder, SimulationMessage, SimulationStart } from './phone-orders.js'
import { StateFile, type SavedSimulation } from './state-file.js'

quietLibsignal()

const PORT_WITHIN_MS = 5000
const SAVE_EVERY_MS = 1000

// SimulatedWhatsApp starts this process, and its types allow nothing else.
const { folder, isEphemeral } = JSON.parse(process.argv[2] ?? '') as SimulationStart
const stateFile = new StateFile(folder)

function tell(message: SimulationMessage): void {
  if (process.connected) process.send?.(message)
}

/** Uses the previous port: while it is taken, the previous process is still saving. */
async function listen(saved: SavedSimulation): Promise<WhatsAppServer> {
  const deadline = Date.now() + PORT_WITHIN_MS
  for (;;) {
    try {
      return await WhatsAppServer.start({ port: saved.port })
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(
          `Another example is running on this folder, or something else uses port ${saved.port}: stop it, or choose another folder with --data.`,
          { cause: error },
        )
      await delay(50)
    }
  }
}

async function start(): Promise<WhatsAppServer> {
  const saved = await stateFile.read()
  if (saved === null) return WhatsAppServer.start()
  await (await listen(saved)).close()
  const latest = (await stateFile.read()) ?? saved
  return WhatsAppServer.start(latest)
}

async function obey(server: WhatsAppServer, order: PhoneOrder): Promise<void> {
  switch (order.action) {
    case 'scan':
      await server.scanQr(order.qr, { phone: order.phone })
      return
    case 'enter-code':
      await server.enterPairingCode(order.code, { phone: order.phone })
      return
    case 'unlink':
      server.removeDevice(order.deviceKey)
      return
    case 'drop':
      server.drop(order.deviceKey)
  }
}

async function leave(server: WhatsAppServer, timer: NodeJS.Timeout): Promise<void> {
  clearInterval(timer)
  // Even if the folder is removed at the end: a write in progress must not bring it back.
  await stateFile.write({ port: server.port, state: server.exportState() })
  // A free port shows that the state is saved.
  await server.close()
  if (isEphemeral) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

// Ctrl-C goes to the whole process group of a terminal; this process exits when the server has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

try {
  const server = await start()
  const save = (): void => {
    stateFile.write({ port: server.port, state: server.exportState() }).catch(() => undefined)
  }
  save()
  // In case this process is killed, too.
  const timer = setInterval(save, SAVE_EVERY_MS)
  process.on('message', ({ id, order }: OrderMessage) => {
    obey(server, order).then(
      () => {
        save()
        tell({ kind: 'done', id })
      },
      () => {
        tell({ kind: 'refused', id })
      },
    )
  })
  const end = (): void => {
    leave(server, timer).then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  // The server may have been killed before this process listened.
  if (process.connected) process.once('disconnect', end)
  else end()
  tell({ kind: 'started', url: server.url, rootPublicKey: Buffer.from(server.rootPublicKey).toString('hex') })
} catch (error) {
  tell({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
  process.exit(1)
}
