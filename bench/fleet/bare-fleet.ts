import type * as Baileys from '@whiskeysockets/baileys'
import { CREDS_KEY, type SessionStore, silentLogger } from '../../src/index.js'
import { StorageSharing } from '../../src/socket/workarounds/share-async-storage.js'
import type { FleetOptions, KnownSessions } from './known-sessions.js'

/** Credentials and keys for a socket, and how changed credentials are saved. */
export interface BareAuth {
  readonly state: Baileys.AuthenticationState
  readonly saveCreds: () => Promise<void>
}

/** How Baileys alone keeps the sessions. */
export interface BareFleetOptions extends FleetOptions {
  readonly authOf: (sessionId: string) => Promise<BareAuth>
  /** Whether the sockets share one `AsyncLocalStorage`, as this library has it. Baileys as it comes dies of many. */
  readonly isStorageShared: boolean
}

/** The sessions on Baileys alone. */
export function bareFleet(baileys: typeof Baileys, options: BareFleetOptions): KnownSessions {
  const { sessionIds, url, concurrency, authOf, isStorageShared, onMessage } = options
  const sharing = new StorageSharing({
    onRefused: () => {
      throw new Error('AsyncLocalStorage cannot be replaced here.')
    },
  })
  const make = (config: Baileys.UserFacingSocketConfig): Baileys.WASocket =>
    isStorageShared ? sharing.during(() => baileys.makeWASocket(config)) : baileys.makeWASocket(config)
  const open = new Set<Baileys.WASocket>()
  const openOne = async (sessionId: string): Promise<void> => {
    const { state, saveCreds } = await authOf(sessionId)
    const socket = make({ auth: state, logger: silentLogger(), waWebSocketUrl: `${url}?client=${sessionId}` })
    socket.ev.on('creds.update', () => {
      void saveCreds()
    })
    if (onMessage !== undefined) {
      socket.ev.on('messages.upsert', ({ messages }) => {
        for (const _message of messages) onMessage(sessionId)
      })
    }
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
      const queue = sessionIds.values()
      await Promise.all(
        Array.from({ length: concurrency }, async () => {
          for (const sessionId of queue) await openOne(sessionId)
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
export async function storedAuth(baileys: typeof Baileys, store: SessionStore, sessionId: string): Promise<BareAuth> {
  const {
    BufferJSON: { replacer, reviver },
    proto,
  } = baileys
  const [stored] = await store.read(sessionId, [CREDS_KEY])
  const creds = JSON.parse(stored?.value ?? '', reviver) as Baileys.AuthenticationCreds
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
