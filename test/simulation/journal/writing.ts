import { syncJournal, syncWholeJournal } from './disk.js'
import { leftoversFor } from './leftovers.js'
import { acknowledge, append, cut, finishFold, foldRecord, isDurable, isOpen, makeFolder, removeFolder } from './session-folder.js'
import type { World } from './world.js'
import { end, type Writer } from './writer.js'

/** A holder takes the lock, whether or not the one before it is really gone. */
export function claim(world: World, self: Writer): void {
  // A disk that lost its lock files, or a copy of the folder, may have journals of tokens that nobody remembers.
  const seen = world.leftOut === 'a token is beyond every folder' ? [] : world.folders.map(({ token }) => token)
  self.token = Math.max(world.newestToken, ...seen) + 1
  self.name = String(self.token)
  self.stage = 'list'
  world.newestToken = self.token
  world.isGivenBack = false
}

/** A visitor takes no lock. Its folder has the newest token, and a name of its own. */
export function visit(world: World, self: Writer): void {
  self.token = world.newestToken
  self.name = `${self.token}-${self.name}`
  self.stage = 'make'
}

/** Whether a visitor may write. A holder that was not heard of for long may still wake up. */
export function isFree({ newestToken, isGivenBack, leftOut }: World): boolean {
  return newestToken === 0 || isGivenBack || leftOut === 'a visitor comes only when the lock was given back'
}

/** A new holder looks whether anybody left a journal. If not, it needs no folder before its first write. */
export function list(world: World, self: Writer): void {
  const hasLeftovers = leftoversFor(world, self).length > 0 && world.leftOut !== 'leftovers are folded before the lease is handed out'
  self.stage = hasLeftovers ? 'make' : 'ready'
}

/** Makes the writer's folder, to fold leftovers or, with the first write, to write. */
export function make(world: World, self: Writer): void {
  makeFolder(world, self.name, self.token)
  self.hasFolder = true
  self.stage = self.stage === 'ready' ? 'look before writing' : 'look before sealing'
}

/** Whoever was overtaken before its folder was there would not have been sealed out. */
export function look(world: World, self: Writer): void {
  const isSkipped = world.leftOut === LOOKS[self.kind][self.stage === 'look before writing' ? 'writing' : 'sealing']
  const isNewest = world.newestToken === self.token && (self.kind === 'holder' || isFree(world))
  if (isNewest || isSkipped) {
    self.stage = self.stage === 'look before writing' ? 'append' : 'seal'
    return
  }
  if (isOpen(world, self.name)) removeFolder(world, self.name)
  end(self, 'stopped')
}

const LOOKS = {
  holder: { sealing: 'a new holder looks at the lock after it made its folder', writing: 'a first write looks at the lock after it made the folder' },
  visitor: { sealing: 'a visitor looks at the lock after it made its folder', writing: null },
} as const

/** Appends an entry to the journal, which is open. It may have been sealed, and even removed. */
export function appendEntry(world: World, self: Writer): void {
  self.unchecked = append(world, self.name, self.token)
  self.writes -= 1
  const mustSync = world.disk !== null && isDurable(world, self.unchecked) && world.leftOut !== 'a durable write is synced before it is acknowledged'
  self.stage = mustSync ? 'sync' : 'check'
}

/** Waits for the disk. Unless its folders are synced, too, a new journal would be lost with all that is in it. */
export function syncEntry({ disk, folders, leftOut }: World, self: Writer): void {
  const journal = folders.find(({ name }) => name === self.name)?.journal
  const sync = leftOut === 'the folders of a new journal are synced' ? syncJournal : syncWholeJournal
  if (disk !== null && journal !== undefined) sync(disk, self.name, journal)
  self.stage = 'check'
}

/** Acknowledges the entry if the journal is still in its place. Else somebody has sealed it, perhaps before the append. */
export function check(world: World, self: Writer): void {
  if (self.unchecked === null) return
  if (!isOpen(world, self.name) && world.leftOut !== 'a write looks at its journal after the append') {
    end(self, 'stopped')
    return
  }
  acknowledge(world, self.unchecked)
  self.journaled.push(self.unchecked)
  self.unchecked = null
  self.stage = world.leftOut === 'leftovers are folded before the lease is handed out' ? 'seal' : 'ready'
}

/** Begins to fold what was acknowledged so far. */
export function beginFold(_: World, self: Writer): void {
  self.fold = { from: self.name, entries: [...self.journaled], record: 0 }
}

/** Folds the next record; after the last one, cuts the journal if it has nothing newer. */
export function continueFold(world: World, self: Writer): void {
  const { fold } = self
  if (fold === null) return
  if (fold.record < world.files.length) {
    if (foldRecord(world, self.name, fold.entries, fold.record)) fold.record += 1
    else end(self, 'stopped')
    return
  }
  const isWhole = self.unchecked === null && self.journaled.length === fold.entries.length
  if (isWhole || world.leftOut === 'a journal is cut only when nothing is newer') {
    finishFold(world, fold.entries, 'the folder is synced before the journal is cut')
    cut(world, self.name)
    self.journaled = []
  }
  self.fold = null
}

/** Removes the writer's folder, in which nothing is left to fold. */
export function removeOwn(world: World, self: Writer): void {
  if (!isOpen(world, self.name)) {
    end(self, 'stopped')
    return
  }
  removeFolder(world, self.name)
  if (self.kind === 'visitor') end(self, 'ended')
  else self.stage = 'give back'
}

/** Gives the token back, as the last thing that a holder does. */
export function giveBack(world: World, self: Writer): void {
  if (world.newestToken === self.token) world.isGivenBack = true
  end(self, 'ended')
}
