/** Who keeps the sessions: Baileys alone with its own files, or this library with a store. Stock first, as people have it. */
export const CONTENDERS = ['stock', 'stock-shared', 'fs', 'fs-process', 'fs-power', 'memory', 'sqlite', 'redis', 'postgres'] as const

/** One of them. */
export type Contender = (typeof CONTENDERS)[number]

/** What each is called in the table. */
export const CONTENDER_TITLES: Readonly<Record<Contender, string>> = Object.freeze({
  stock: '`useMultiFileAuthState`',
  'stock-shared': '`useMultiFileAuthState`, one storage for all',
  fs: 'file system, default',
  'fs-process': "file system, `'process'`",
  'fs-power': "file system, `'power'`",
  memory: 'memory',
  sqlite: "SQLite, `'power'`, its default",
  redis: 'Redis, `appendfsync always`, without the server',
  postgres: 'PostgreSQL, without the server',
})

/** How many sessions, and how many messages each of them gets. */
export const AMOUNTS: Readonly<Record<'devices' | 'messages', number>> = Object.freeze({ devices: 10, messages: 50 })

/** What the server process is told: to start, or to let a phone send messages to every device. */
export type ServerOrder =
  | { readonly kind: 'start'; readonly devices: number }
  /** `count` rounds of one message to each device; each waits until all devices have confirmed the one before. */
  | { readonly kind: 'send'; readonly count: number }

/** What the server process answers to `start`. */
export interface ServerFacts {
  readonly url: string
  readonly rootPublicKey: Uint8Array
  readonly creds: readonly string[]
}

/** What a client process is told: to open its sessions, then to count from now on, then to tell. */
export type ClientOrder =
  | {
      readonly kind: 'open'
      readonly contender: Contender
      /** An empty folder. */
      readonly folder: string
      /** Where Redis answers, whose keys begin with the folder; `undefined` where there is none. */
      readonly redisPort: number | undefined
      /** Where PostgreSQL answers, whose schema has the name of the folder. */
      readonly postgresPort: number
      readonly server: ServerFacts
    }
  | { readonly kind: 'count' }
  | { readonly kind: 'tell' }

/** What a client process counted. */
export interface Counted {
  /** How many messages the application got. */
  readonly messages: number
  /** The CPU time of the whole process, also what the store did after the last message, in milliseconds. */
  readonly cpuMs: number
}
