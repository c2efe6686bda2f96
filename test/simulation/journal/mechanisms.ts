/** What can go wrong with a session's folder. */
export type Violation =
  | 'write lost'
  | 'writes mixed'
  | 'stale write accepted'
  | 'journal left behind'
  | 'old read'
  | 'mixed read'
  | 'write lost with the power'
  | 'writes mixed with the power'
  | 'journal refused'

/** Each part of the protocol that can be left out. Every one of them is needed. */
export const MECHANISMS = [
  // Taking a lease.
  'a token is beyond every folder',
  'a new holder looks at the lock after it made its folder',
  'leftovers are folded before the lease is handed out',
  'leftovers are sealed before they are read',
  'leftovers are read a second time',
  'leftovers stay until they are folded',
  'folded leftovers go into the folder of the lease',
  // Writing.
  'a first write looks at the lock after it made the folder',
  'a write looks at its journal after the append',
  // Folding.
  'new files come out of the folder of the lease',
  'removed files go into the folder of the lease',
  'a journal is cut only when nothing is newer',
  'a release folds',
  // Without a lease.
  'a visitor comes only when the lock was given back',
  'a visitor looks at the lock after it made its folder',
  'a visitor seals other visitors',
  // Reading.
  'a reader reads the journals',
  'a reader reads the journals again',
  'a reader reads the files again',
  'a reader reads the files again after the journals',
  // Power.
  'a durable write is synced before it is acknowledged',
  'the folders of a new journal are synced',
  'a leftover is synced before it is folded',
  'new files are synced before they get their names',
  'the folder is synced before the journal is cut',
  'the folder is synced before a leftover is removed',
  'entries that were never synced may be damaged',
] as const

/** A part of the protocol that can be left out. */
export type Mechanism = (typeof MECHANISMS)[number]
