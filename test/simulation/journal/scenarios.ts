import { calmDisk } from './disk.js'
import { reader } from './reader.js'
import type { World } from './world.js'
import { holder, visitor } from './writer.js'

/** A session that nobody has ever used, with nobody there. Every second write removes all records. */
const UNUSED: World = {
  leftOut: null,
  secondWrites: 'remove',
  newestToken: 0,
  isGivenBack: false,
  numbered: [],
  files: [0, 0],
  folders: [],
  acknowledged: [0, 0],
  hasAcceptedStale: false,
  disk: null,
  writers: [],
  reader: null,
  powerFailures: 0,
}

/** Holders that make so many writes each. Each may take over from the one before at any step, and stop for good or wake up again. */
export function holders(...writes: number[]): World {
  return { ...UNUSED, writers: writes.map(holder) }
}

/** Visitors beside others, each with a name of its own. */
export function withVisitors(world: World, ...nonces: string[]): World {
  return { ...world, writers: [...world.writers, ...nonces.map(visitor)] }
}

/** A reader beside others, which may begin anew so often. */
export function withReader(world: World, retries: number): World {
  return { ...world, reader: reader(retries) }
}

/** On a machine whose power fails so often, and may fail once more at the end. Every write waits for the disk. */
export function withPowerFailures(world: World, times: number): World {
  return { ...world, disk: calmDisk({ files: world.files, folders: [] }), powerFailures: times }
}

/** The first record is the creds, the second one a key. Only creds wait for the disk. */
export function withKeys(world: World): World {
  return { ...world, secondWrites: 'keys' }
}

/** In a folder that was copied here while somebody wrote to it, under a token that the lock here has not reached. */
export function inCopiedFolder(world: World): World {
  return { ...world, numbered: [1], acknowledged: [1, 1], folders: [{ name: '2', token: 2, isSealed: false, journal: [1] }] }
}
