import type * as Baileys from '@whiskeysockets/baileys'
import { CREDS_KEY, MemorySessionStore, type SessionStore, silentLogger } from '../../src/index.js'
import { StorageSharing } from '../../src/socket/workarounds/share-async-storage.js'
import { type KnownSessions, sessionIdOf } from './fleet.js'
import type { ClientOrder } from './orders.js'

/** The sessions on Baileys alone, with credentials and keys in the same memory store. */
export function bareFleet(baileys: typeof Baileys, order: ClientOrder): KnownSessions {
  const { creds, concurrency, setup } = order
  const sharing = new StorageSharing({
    onRefused: () => {
      throw new Error('AsyncLocalStorage cannot be replaced here.')
    },
  })
  const make = (config: Baileys.UserFacingSocketConfig): Baileys.WASocket =>
    setup === 'bare' ? sharing.during(() => baileys.makeWASocket(config)) : baileys.makeWASocket(config)
  const store = new MemorySessionStore()
  const open = new Set<Baileys.WASocket>()
  const openOne = async (index: number): Promise<void> => {
    const { state, saveCreds } = storedAuthState(baileys, store, sessionIdOf(index), creds[index] ?? '')
    const socket = make({ auth: state, logger: silentLogger(), waWebSocketUrl: `${order.url}?client=${sessionIdOf(index)}` })
    socket.ev.on('creds.update', () => {
      void saveCreds()
    })
    await new Promise<void>((resolve) => {
      socket.ev.on('connection.update', ({ connection }) => {
        if (connection === 'open') open.add(socket)
        if (connection === 'close') open.delete(socket)
        if (connection === 'open' || connection === 'close') resolve()
      })
    })
  }
  return {
    get opened() {
      return open.size
    },
    open: async () => {
      const queue = creds.keys()
      await Promise.all(
        Array.from({ length: concurrency }, async () => {
          for (const index of queue) await openOne(index)
        }),
      )
    },
    statusesPerSecond: () => Promise.resolve(null),
    close: async () => {
      await Promise.all([...open].map(async (socket) => socket.end(undefined)))
    },
  }
}

/** What an application has to write to keep sessions in a store: the same text, in the same store, by the same kind of write. */
function storedAuthState(
  baileys: typeof Baileys,
  store: SessionStore,
  sessionId: string,
  text: string,
): { state: Baileys.AuthenticationState; saveCreds: () => Promise<void> } {
  const {
    BufferJSON: { replacer, reviver },
    proto,
  } = baileys
  const creds = JSON.parse(text, reviver) as Baileys.AuthenticationCreds
  const keys: Baileys.SignalKeyStore = {
    get: async (type, ids) => {
      const records = await store.read(
        sessionId,
        ids.map((id) => ({ type, id })),
      )
      return Object.fromEntries(
        records.map(({ id, value }) => {
          const revived: unknown = JSON.parse(value, reviver)
          // What was written under a type is what that type holds.
          return [
            id,
            (type === 'app-state-sync-key'
              ? proto.Message.AppStateSyncKeyData.fromObject(revived as object)
              : revived) as Baileys.SignalDataTypeMap[typeof type],
          ]
        }),
      )
    },
    set: async (data) => {
      await store.write(
        sessionId,
        Object.entries(data).flatMap(([type, values]) =>
          Object.entries(values).map(([id, value]) => ({ type, id, value: value === null ? null : JSON.stringify(value, replacer) })),
        ),
      )
    },
  }
  return { state: { creds, keys }, saveCreds: () => store.write(sessionId, [{ ...CREDS_KEY, value: JSON.stringify(creds, replacer) }]) }
}
