/** How many of each. */
export const AMOUNTS: Readonly<Record<'preKeys' | 'crowd' | 'opened' | 'listed' | 'busy', number>> = Object.freeze({
  preKeys: 812,
  /** Sessions that write at once. */
  crowd: 100,
  opened: 100,
  listed: 10_000,
  /** Sessions that write at once while descriptors are counted. */
  busy: 1000,
})

/** The lines of the table. */
export const LINES = [
  // With one `set`, as a first login does.
  { name: 'setPreKeys', title: '812 pre-keys set' },
  // With one `get`.
  { name: 'getPreKeys', title: '812 pre-keys read' },
  // What the store has put off until then is part of it.
  { name: 'release', title: 'the session with them released' },
  // One record of a ratchet: the middle of 640, each awaited.
  { name: 'keyCommit', title: 'one commit of a key' },
  { name: 'credsCommit', title: 'one commit of creds' },
  { name: 'lifecycleCommit', title: 'one commit of the lifecycle record' },
  // Each of them commits one key after the other, for some seconds.
  { name: 'crowdedCommit', title: 'one commit of a key while 100 sessions write, p99' },
  // One after the other, up to what a dial needs.
  { name: 'open', title: '100 sessions opened' },
  { name: 'list', title: '10,000 sessions listed' },
] as const

/** One of them. */
export type LineName = (typeof LINES)[number]['name']

/** What is committed by itself. */
export type CommitName = Extract<LineName, 'keyCommit' | 'credsCommit' | 'lifecycleCommit'>

/** What was measured, in milliseconds; `null` for what somebody does not do. */
export type Timings = Readonly<Record<LineName, number | null>>

/** Who keeps sessions, stock first. */
export const KEEPERS = ['stock', 'fs', 'fs-process', 'fs-power', 'sqlite', 'sqlite-process', 'encrypted', 'redis', 'redis-everysec', 'postgres'] as const

/** One of them. */
export type KeeperName = (typeof KEEPERS)[number]

/** Those of them that keep sessions on a server: they are left out where there is none. */
export const SERVER_KEEPERS = ['redis', 'redis-everysec', 'postgres'] as const

/** The ports of their servers. */
export type Servers = Readonly<Partial<Record<(typeof SERVER_KEEPERS)[number], number | undefined>>>

/** Who only appends the same bytes to a file: no store can be quicker. */
export const FILE_LIMITS = ['append', 'synced-append'] as const

/** One of them. */
export type FileLimitName = (typeof FILE_LIMITS)[number]

/** Who is measured, in the order of the columns. */
export const CONTENDERS = [
  'stock',
  'append',
  'synced-append',
  'fs',
  'fs-process',
  'fs-power',
  'sqlite',
  'sqlite-process',
  'encrypted',
  'redis',
  'redis-everysec',
  'insert',
  'postgres',
] as const

/** One of them. */
export type Contender = (typeof CONTENDERS)[number]

/** What each is called in the table. */
export const CONTENDER_TITLES: Readonly<Record<Contender, string>> = Object.freeze({
  stock: '`useMultiFileAuthState`',
  append: 'bare append',
  'synced-append': 'bare append and fdatasync',
  fs: 'file system, default',
  'fs-process': "file system, `'process'`",
  'fs-power': "file system, `'power'`",
  sqlite: "SQLite, `'power'`, its default",
  'sqlite-process': "SQLite, `'process'`",
  encrypted: 'encrypted file system, default',
  redis: 'Redis, `appendfsync always`',
  'redis-everysec': 'Redis, `everysec`, its default',
  insert: 'bare INSERT … ON CONFLICT',
  postgres: 'PostgreSQL',
})

/** What a store does for more than one record. */
export type KeeperTimings = Omit<Timings, CommitName>

/** What single commits take, measured side by side. */
export interface CommitTimings {
  readonly contenders: Readonly<Partial<Record<Contender, Pick<Timings, CommitName>>>>
  /** One pass of AES-256-GCM over the bytes of a key. */
  readonly encryptionPass: number
}

/** Where sessions are kept: in a folder, or on a server under keys that begin with its path. */
export interface Place {
  readonly folder: string
  readonly servers: Servers
}

/** What a process is to measure, in an empty folder. */
export type MeasureOrder = Place &
  (
    | {
        readonly kind: 'keeper'
        readonly keeper: KeeperName
        /** Where the sessions are that are listed. */
        readonly listing: string
      }
    | { readonly kind: 'commits' | 'fsync' }
    | { readonly kind: 'descriptors'; readonly keeper: KeeperName }
  )

/** What it measured. */
export type Measured =
  | { readonly kind: 'keeper'; readonly timings: KeeperTimings }
  | { readonly kind: 'commits'; readonly timings: CommitTimings }
  | { readonly kind: 'fsync'; readonly fsyncMs: number }
  /** The most that were open at once; `null` where they cannot be counted. */
  | { readonly kind: 'descriptors'; readonly most: number | null }

/** Where the sessions are made that are listed. */
export interface ListingOrder {
  /** For folders of files, and what keys on a server begin with. */
  readonly folders: string
  /** For a database. */
  readonly database: string
  readonly servers: Servers
}

/** Those of the keepers who can be measured here. */
export function keepersOn(servers: Servers): KeeperName[] {
  return KEEPERS.filter((keeper) => !isServerKeeper(keeper) || servers[keeper] !== undefined)
}

function isServerKeeper(name: KeeperName): name is (typeof SERVER_KEEPERS)[number] {
  return SERVER_KEEPERS.some((keeper) => keeper === name)
}
