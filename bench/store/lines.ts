/** What is measured, in milliseconds. */
export interface Timings {
  /** 812 pre-keys written with one `set`, as a first login does. */
  setPreKeys: number
  /** The same read with one `get`. */
  getPreKeys: number
  /** 200 times one record of a ratchet, each awaited. */
  keyCommits: number
  /** 200 times the creds, each awaited. */
  credsCommits: number
  /** 100 sessions, one after the other, up to what a dial needs. */
  open: number
  /** 10,000 sessions. */
  list: number
}

/** How many of each. */
export const AMOUNTS: Readonly<Record<'preKeys' | 'commits' | 'opened' | 'listed', number>> = Object.freeze({
  preKeys: 812,
  commits: 200,
  opened: 100,
  listed: 10_000,
})

/** The lines of the table. */
export const LINES: readonly { readonly name: keyof Timings; readonly title: string }[] = [
  { name: 'setPreKeys', title: '812 pre-keys set' },
  { name: 'getPreKeys', title: '812 pre-keys read' },
  { name: 'keyCommits', title: '200 single commits of a key' },
  { name: 'credsCommits', title: '200 single commits of creds' },
  { name: 'open', title: '100 sessions opened' },
  { name: 'list', title: '10,000 sessions listed' },
]

/** Who is measured, stock first. */
export const CONTENDERS = ['stock', 'fs', 'fs-power', 'fs-process', 'sqlite', 'sqlite-process', 'encrypted'] as const

/** One of them. */
export type Contender = (typeof CONTENDERS)[number]

/** What each is called in the table. */
export const CONTENDER_TITLES: Readonly<Record<Contender, string>> = Object.freeze({
  stock: '`useMultiFileAuthState`',
  fs: 'file system, default',
  'fs-power': "file system, `'power'`",
  'fs-process': "file system, `'process'`",
  sqlite: "SQLite, `'power'`, its default",
  'sqlite-process': "SQLite, `'process'`",
  encrypted: 'encrypted file system, default',
})

/** What the disk does without anybody's code, in milliseconds. */
export interface DiskTimings {
  /** One fsync of a file of 4 KiB that was just written. */
  fsync: number
  /** 200 files, each written, synced and renamed, and the folder synced. */
  durableReplaces: number
  /** The names of 10,000 folders, without a look into any. */
  readdir: number
}

/** What a process is to measure. */
export interface MeasureOrder {
  readonly contender: Contender | 'disk'
  /** An empty folder. */
  readonly folder: string
  /** Where the sessions are that are listed. */
  readonly listing: string
}

/** What it measured. */
export type Measured =
  { readonly kind: 'contender'; readonly contender: Contender; readonly timings: Timings } | { readonly kind: 'disk'; readonly timings: DiskTimings }
