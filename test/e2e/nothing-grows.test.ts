import * as baileys from '@whiskeysockets/baileys'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FileConnectionRepository, FileSystemSessionStore, SessionManager } from '../../src/index.js'
import { BAILEYS_FEATURES } from '../support/baileys-features.js'
import { QUICK_RECONNECT } from '../support/e2e.js'
import { descriptors, Growth, heap, Living, livingObjects, processListeners, storages, timers } from '../support/growth.js'
import { ServerProcess } from '../support/server-process.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const RECONNECTS = 200

/** A socket of Baileys and what hangs on it is more than 100 kB; some versions leave 25 kB of each. */
const HEAP_PER_RECONNECT = (await BAILEYS_FEATURES.freesSockets.detect()) ? 10_000 : 40_000

it(
  '200 reconnects of real Baileys leave sockets, timers, listeners, descriptors, storages and heap as they were (invariant 15)',
  { tags: 'full', timeout: 120_000 },
  async () => {
    // In a process of its own: only the client is measured.
    await using server = await ServerProcess.start()
    trust(server)
    const directory = temporaryFolder()
    const living = new Living()
    const sessions = new SessionManager({
      store: new FileSystemSessionStore({ directory }),
      repository: new FileConnectionRepository({ file: join(directory, 'connections.json') }),
      reconnect: { ...QUICK_RECONNECT, initialDelayMs: 1, maxDelayMs: 1 },
      dials: { perSecond: 1000 },
      socketConfig: server.socketConfig,
    })
    sessions.on('socket', ({ socket }) => {
      living.watch(socket)
    })
    let shown: string | undefined
    sessions.on('qr', ({ qr }) => {
      shown = qr
    })
    await sessions.connect('shop')
    const { deviceKey } = await server.scan(() => shown, { phone: '491700000001' })
    await sessions.waitUntilConnected('shop')

    const growth = new Growth({
      sockets: livingObjects(living),
      listeners: processListeners,
      timers,
      descriptors,
      storages,
      heap: heap(RECONNECTS * HEAP_PER_RECONNECT),
    })
    for (let index = 0; index < RECONNECTS; index++) {
      if (index % (RECONNECTS / 10) === 0) await growth.sample()
      await reconnect(sessions, async () => {
        if (index % 2 === 0) await server.call('kick', deviceKey, 503)
        else await server.call('drop', deviceKey)
      })
    }
    await sessions.close()
    expect(growth.grown()).toEqual([])
    expect(await server.call('logins', deviceKey)).toBeGreaterThanOrEqual(RECONNECTS)
    expect(await server.get('errors')).toEqual([])
  },
)

/** Breaks the connection of a session, and waits for the next. */
async function reconnect(sessions: SessionManager, lose: () => Promise<void>): Promise<void> {
  const lost = new Promise<void>((resolve) => {
    sessions.once('disconnected', () => {
      resolve()
    })
  })
  await lose()
  await lost
  await sessions.waitUntilConnected('shop')
}

/** Makes the Baileys of this process take the server for WhatsApp. */
function trust({ rootPublicKey }: ServerProcess): void {
  const { PUBLIC_KEY } = baileys.WA_CERT_DETAILS
  baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootPublicKey)
  onTestFinished(() => {
    baileys.WA_CERT_DETAILS.PUBLIC_KEY = PUBLIC_KEY
  })
}
