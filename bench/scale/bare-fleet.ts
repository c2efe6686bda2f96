import type * as Baileys from '@whiskeysockets/baileys'
import { StorageSharing } from '../../src/baileys/storage-sharing.js'
import { silentLogger } from '../../src/index.js'
import { sessionIdOf, type Fleet } from './fleet.js'
import type { ClientOrder } from './orders.js'

/** The sessions on Baileys alone, with credentials and keys kept as text in memory, as a store would keep them. */
export function bareFleet(baileys: typeof Baileys, order: ClientOrder): Fleet {
  const { creds, concurrency, setup } = order
  const sharing = new StorageSharing({ onRefused: () => { throw new Error('AsyncLocalStorage cannot be replaced here.') } })
  const make = (config: Baileys.UserFacingSocketConfig): Baileys.WASocket =>
    setup === 'bare' ? sharing.during(() => baileys.makeWASocket(config)) : baileys.makeWASocket(config)
  const open = new Set<Baileys.WASocket>()
  const openOne = async (index: number): Promise<void> => {
    const { state, saveCreds } = textAuthState(baileys, creds[index] ?? '')
    const socket = make({ auth: state, logger: silentLogger(), waWebSocketUrl: `${order.url}?client=${sessionIdOf(index)}` })
    socket.ev.on('creds.update', saveCreds)
    await new Promise<void>((resolve) => {
      socket.ev.on('connection.update', ({ connection }) => {
        if (connection === 'open') open.add(socket)
        if (connection === 'close') open.delete(socket)
        if (connection === 'open' || connection === 'close') resolve()
      })
    })
  }
  return {
    get opened() { return open.size },
    open: async () => {
      const queue = creds.keys()
      await Promise.all(Array.from({ length: concurrency }, async () => { for (const index of queue) await openOne(index) }))
    },
    statusesPerSecond: () => Promise.resolve(null),
    close: async () => { await Promise.all([...open].map(async socket => socket.end(undefined))) },
  }
}

function textAuthState(baileys: typeof Baileys, text: string): { state: Baileys.AuthenticationState, saveCreds: () => void } {
  const { BufferJSON: { replacer, reviver }, proto } = baileys
  const creds = JSON.parse(text, reviver) as Baileys.AuthenticationCreds
  const records = new Map<string, string>()
  const read = (type: string, id: string): unknown => {
    const record = records.get(`${type}-${id}`)
    if (record === undefined) return undefined
    const value: unknown = JSON.parse(record, reviver)
    return type === 'app-state-sync-key' ? proto.Message.AppStateSyncKeyData.fromObject(value as object) : value
  }
  const keys: Baileys.SignalKeyStore = {
    get: (type, ids) => Object.fromEntries(ids.flatMap((id) => {
      const value = read(type, id)
      // What was written under a type is what that type holds.
      return value === undefined ? [] : [[id, value as Baileys.SignalDataTypeMap[typeof type]]]
    })),
    set: (data) => {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) {
          if (value === null) records.delete(`${type}-${id}`)
          else records.set(`${type}-${id}`, JSON.stringify(value, replacer))
        }
      }
    },
  }
  return { state: { creds, keys }, saveCreds: () => { records.set('creds', JSON.stringify(creds, replacer)) } }
}
