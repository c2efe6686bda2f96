import { afterPowerFailure } from './disk.js'
import type { Violation } from './mechanisms.js'
import { copyReader, type Reader, readerSteps, readerViolation } from './reader.js'
import { copySessionFolder, folderViolation, powerUp, powerViolation, type SessionFolder } from './session-folder.js'
import type { Model, Step } from './walk.js'
import { copyWriter, end, type Writer } from './writer.js'
import { writerSteps } from './writer-steps.js'

/**
 * One session's folder, and everybody who comes to it. This is the protocol of the file store; each of its parts is a function in
 * `writing.ts`, `leftovers.ts` or `reader.ts`:
 *
 * - A holder claims a token, makes leftovers of all older ones its own, and only then has the lease. With its first write it makes
 *   `.lease-<token>` and looks at the lock once more. A write is an append to the journal in there, and a look whether that is still in
 *   its place. Meanwhile the journal is folded into the files, and cut.
 * - Whoever takes over renames the folders of older leases to `.sealed-<token>`, folds their journals and removes them. A holder that
 *   was overtaken may wake up at any step. All that it can still do depends on the name of its folder: acknowledging a write, replacing
 *   or removing a file, removing a leftover.
 * - A visitor has no lease. While nobody holds the lock, it does all of this for one write, in a folder `.lease-<newest token>-<nonce>`.
 * - A reader lays the journals over the files, and begins anew when something has changed meanwhile.
 */
export interface World extends SessionFolder {
  writers: Writer[]
  reader: Reader | null
  /** How often the power may still fail. */
  powerFailures: number
}

/** All that can happen in a world, and what must not. */
export function modelOf(start: World): Model<World, Violation> {
  return { start, copy, steps, violation }
}

function copy(world: World): World {
  const { writers, reader } = world
  return { ...world, ...copySessionFolder(world), writers: writers.map(copyWriter), reader: reader === null ? null : copyReader(reader) }
}

function steps(world: World): Step<World>[] {
  return [...world.writers.flatMap((_, index) => writerSteps(world, index)), ...readerSteps(world), ...powerSteps(world)]
}

/** The power fails, and all processes with it. */
function powerSteps({ disk, powerFailures }: World): Step<World>[] {
  if (disk === null || powerFailures === 0) return []
  return afterPowerFailure(disk).map((remains) => ({
    name: 'the power fails',
    take: (world) => {
      world.powerFailures -= 1
      for (const writer of world.writers) if (writer.stage !== 'claim') end(writer, 'stopped')
      powerUp(world, remains)
    },
  }))
}

function violation(world: World): Violation | null {
  return folderViolation(world) ?? leftBehind(world) ?? readerViolation(world) ?? powerViolation(world)
}

/** When everybody has ended in order, all is in the files, as stock code reads them. */
function leftBehind({ writers, folders, files, acknowledged }: World): Violation | null {
  if (writers.some(({ stage }) => stage !== 'ended')) return null
  return folders.length > 0 || files.some((file, record) => file !== acknowledged[record]) ? 'journal left behind' : null
}
