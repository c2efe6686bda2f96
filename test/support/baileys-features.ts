import * as baileys from '@whiskeysockets/baileys'
import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'
import { silentLogger } from '../../src/logger.js'
import { collectGarbage } from './garbage.js'

/** How versions of Baileys differ, as far as it matters to a user of this library or to a test. */
export type BaileysFeatureName =
  | 'transactionsWait'
  | 'transactionsReject'
  | 'storesKeysFirst'
  | 'derivesKeysAtOnce'
  | 'checksRootKey'
  | 'mapsLids'
  | 'marksOwnMessages'
  | 'handsOverByItself'
  | 'fetchesHistory'
  | 'freesSockets'
  | 'endsEarly'
  | 'keepsNoStorage'

/** One of them. */
export interface BaileysFeature {
  /** What a version that has it does. */
  readonly what: string
  /** What it means to a user when the version does not. */
  readonly without: string
  /** Whether the loaded Baileys has it: found out by trying, never by its version. */
  readonly detect: () => boolean | Promise<boolean>
}

/** All of them, in the order of docs/compatibility.md. */
export const BAILEYS_FEATURES: Readonly<Record<BaileysFeatureName, BaileysFeature>> = {
  transactionsWait: {
    what: 'Changes to keys under one name wait for each other.',
    without:
      'If you send several messages to one contact at the same time, they may use one key twice and be unreadable: send them one after the other. Messages that are handled at the same time share one transaction: a SIGKILL, or a failure of one of them, loses what the others have changed. Stopping and closing wait for them; a lost connection cannot.',
    detect: async () => {
      const order: string[] = []
      const keys = transactionalKeys(async () => undefined)
      const work = (name: string) => async (): Promise<void> => {
        order.push(name)
        await new Promise((resolve) => {
          setTimeout(resolve, 1)
        })
        order.push(name)
      }
      await Promise.all(['a', 'b'].map(async (name) => keys.transaction(work(name), 'key')))
      return order.join('') === 'aabb'
    },
  },
  transactionsReject: {
    what: 'If changed keys cannot be stored, Baileys treats it as an error.',
    without:
      'Baileys continues as if the keys were stored. The library closes the connection at once, but a message that was just being acknowledged may be lost.',
    detect: async () => {
      const keys = transactionalKeys(async () => Promise.reject(new Error('disk full')))
      const work = keys.transaction(async () => {
        await keys.set({ session: { one: Buffer.of(1) } })
      }, 'key')
      return work.then(
        () => false,
        () => true,
      )
    },
  },
  storesKeysFirst: {
    what: 'Pre-keys are stored before they are sent to WhatsApp.',
    without: 'A SIGKILL between the two loses keys that others will use: the first messages from some contacts cannot be read until they are sent again.',
    detect: async () => {
      let isStored = false
      const socket = makeLonelySocket(() => {
        isStored = true
      })
      // There is no connection to tell WhatsApp through, and soon no socket.
      const uploading = socket.uploadPreKeys(1).catch(() => undefined)
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
      await endSocket(socket)
      void uploading
      return isStored
    },
  },
  derivesKeysAtOnce: {
    what: 'The keys of a connection are derived in the same turn of the event loop that needs them.',
    without:
      'If the server answers while a thread is deriving them, the answer cannot be read, and the process ends with an unhandled rejection. The library accepts nothing from the server meanwhile.',
    detect: () => {
      // The types of each version know only its own way.
      const derived: unknown = baileys.hkdf(Buffer.alloc(32), 32, { info: '' })
      return !(derived instanceof Promise)
    },
  },
  checksRootKey: {
    what: 'The certificate in the handshake is checked against a root key.',
    without: 'Only the serial number of the certificate is checked: TLS alone protects the connection.',
    detect: () => Reflect.get(baileys.WA_CERT_DETAILS, 'PUBLIC_KEY') instanceof Uint8Array,
  },
  mapsLids: {
    what: 'LIDs, the second kind of address in WhatsApp, are mapped to phone numbers.',
    without: 'Contacts are known only by phone number.',
    detect: () => {
      const { makeSignalRepository } = baileys.DEFAULT_CONNECTION_CONFIG
      const make = makeSignalRepository as (...parts: unknown[]) => object
      return 'lidMapping' in make({ creds: baileys.initAuthCreds(), keys: transactionalKeys(async () => undefined) }, silentLogger())
    },
  },
  marksOwnMessages: {
    what: 'What the linked phone sends to its own devices is marked `fromMe`.',
    without: 'Handlers of `messages.upsert` get these notices, which contain no text, as if your own number had sent them from elsewhere.',
    detect: () => {
      const [phone, lid] = ['491700000000@s.whatsapp.net', '217600219704121@lid']
      const stanza = { tag: 'message', attrs: { from: phone, id: 'one', type: 'text', t: '1', category: 'peer' } }
      return baileys.decodeMessageNode(stanza, '491700000000:1@s.whatsapp.net', lid).fullMessage.key.fromMe === true
    },
  },
  handsOverByItself: {
    what: 'Messages that waited on the server are handed over as soon as they are decrypted.',
    without: 'Baileys keeps them until the next live event. The library makes it hand them over within a quarter of a second.',
    detect: async () => {
      const events = baileys.makeEventBuffer(silentLogger())
      await events.createBufferedFunction(async () => undefined)()
      await new Promise((resolve) => {
        setTimeout(resolve, 250)
      })
      return !events.isBuffering()
    },
  },
  fetchesHistory: {
    what: 'The history on the phone is fetched after pairing, unless you turn that off.',
    without: 'It is fetched only with `syncFullHistory: true` in `socketConfig`.',
    detect: () => baileys.DEFAULT_CONNECTION_CONFIG.syncFullHistory,
  },
  freesSockets: {
    what: 'A socket that has ended leaves nothing on the heap.',
    without: 'Each reconnect leaks about 25 kB: restart a process now and then if it reconnects thousands of times.',
    detect: async () => {
      await endSockets(SAMPLE)
      const before = await usedHeap()
      await endSockets(SAMPLE)
      return (await usedHeap()) - before < SAMPLE * 12_500
    },
  },
  endsEarly: {
    what: 'A socket can be ended before it is connected.',
    without: 'Doing so ends the process with an unhandled `error` event. The library prevents that.',
    detect: () => {
      const { ws, end } = makeLonelySocket(() => undefined)
      void end(undefined)
      const isHeard = ws.listenerCount('error') > 0
      ws.on('error', () => undefined)
      return isHeard
    },
  },
  keepsNoStorage: {
    what: 'A socket creates no `AsyncLocalStorage`.',
    without: 'Before Node 24, each socket permanently slows down every promise in the process a little; the library has a fix.',
    detect: () => {
      let made = 0
      class Counted<Value> extends AsyncLocalStorage<Value> {
        constructor() {
          super()
          made += 1
        }
      }
      const real = Object.getOwnPropertyDescriptor(asyncHooks, 'AsyncLocalStorage') ?? {}
      // Since Node 22 it has a getter and no setter.
      Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { configurable: true, enumerable: true, writable: true, value: Counted })
      syncBuiltinESMExports()
      try {
        transactionalKeys(async () => undefined)
      } finally {
        Object.defineProperty(asyncHooks, 'AsyncLocalStorage', real)
        syncBuiltinESMExports()
      }
      return made === 0
    },
  },
}

/** How many sockets tell a leak from the noise of a heap. */
const SAMPLE = 100

async function endSockets(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await endSocket(makeLonelySocket(() => undefined))
}

/** Ends a socket before it is connected, in every version. */
async function endSocket(socket: baileys.WASocket): Promise<void> {
  const ending = socket.end(undefined)
  socket.ws.on('error', () => undefined)
  await ending
}

async function usedHeap(): Promise<number> {
  await collectGarbage()
  return process.memoryUsage().heapUsed
}

/** A socket that dials where nobody listens. */
function makeLonelySocket(set: baileys.SignalKeyStore['set']): baileys.WASocket {
  return baileys.makeWASocket({
    auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set } },
    waWebSocketUrl: 'ws://127.0.0.1:9',
    logger: silentLogger(),
  })
}

/** Keys that hold nothing, with the transactions of Baileys around them. */
function transactionalKeys(set: baileys.SignalKeyStore['set']): baileys.SignalKeyStoreWithTransaction {
  return baileys.addTransactionCapability({ get: () => ({}), set }, silentLogger(), { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
}

/** Which of them the loaded Baileys has; one after the other, for some measure the process. */
export async function detectFeatures(): Promise<Record<string, boolean>> {
  const found: Record<string, boolean> = {}
  for (const [name, { detect }] of Object.entries(BAILEYS_FEATURES)) found[name] = await detect()
  return found
}
