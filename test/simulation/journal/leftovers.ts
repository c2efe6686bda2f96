import { syncWholeJournal } from './disk.js'
import { finishFold, folderNamed, foldRecord, isOpen, type LeaseFolder, removeFolder } from './session-folder.js'
import type { World } from './world.js'
import { end, type Writer } from './writer.js'

/** The folders that others have left, as whoever comes after them sees it. */
export function leftoversFor({ folders, leftOut }: World, { kind, token, name }: Writer): LeaseFolder[] {
  if (kind === 'holder') return folders.filter((folder) => folder.token < token)
  const mayBeOthers = leftOut !== 'a visitor seals other visitors'
  return folders.filter((folder) => folder.token <= token && folder.name !== name && (mayBeOthers || !folder.name.includes('-')))
}

/** Renames one `.lease-<name>` to `.sealed-<name>`. From then on its owner can neither acknowledge a write nor replace a file. */
export function seal(world: World, self: Writer): void {
  const open = world.leftOut === 'leftovers are sealed before they are read' ? undefined : leftoversFor(world, self).find(({ isSealed }) => !isSealed)
  if (open !== undefined) open.isSealed = true
  else self.stage = 'read leftover'
}

/** Reads a leftover, an entry at a time: its owner may be cutting it just now. */
export function readLeftover(world: World, self: Writer): void {
  self.leftover ??= chooseLeftover(world, self)
  const { leftover } = self
  if (leftover === null) {
    self.stage = self.kind === 'visitor' ? 'append' : 'ready'
    return
  }
  const entry = folderNamed(world, leftover.from)?.journal[leftover.entries.length]
  if (entry !== undefined) leftover.entries.push(entry)
  else self.stage = world.leftOut === 'leftovers are read a second time' ? 'fold leftover' : 'read leftover again'
}

function chooseLeftover(world: World, self: Writer): Writer['leftover'] {
  const chosen = leftoversFor(world, self).find(({ isSealed }) => isSealed || world.leftOut === 'leftovers are sealed before they are read')
  return chosen === undefined ? null : { from: chosen.name, entries: [], record: 0 }
}

/**
 * What was cut meanwhile, and perhaps written anew, begins with another entry. What was read may not be on the disk yet, and must be
 * before half of it can be in the files.
 */
export function readLeftoverAgain(world: World, self: Writer): void {
  const { leftover } = self
  if (leftover === null) return
  const journal = folderNamed(world, leftover.from)?.journal ?? []
  if (journal[0] === leftover.entries[0]) {
    if (world.disk !== null && world.leftOut !== 'a leftover is synced before it is folded') syncWholeJournal(world.disk, leftover.from, journal)
    self.stage = world.leftOut === 'leftovers stay until they are folded' ? 'remove leftover' : 'fold leftover'
    return
  }
  leftover.entries = []
  self.stage = 'read leftover'
}

/** Folds one record of a leftover. */
export function foldLeftover(world: World, self: Writer): void {
  const { leftover } = self
  if (leftover === null) return
  if (leftover.entries.length > 0 && !foldRecord(world, self.name, leftover.entries, leftover.record)) {
    end(self, 'stopped')
    return
  }
  leftover.record += 1
  if (leftover.entries.length > 0 && leftover.record < world.files.length) return
  if (world.leftOut === 'leftovers stay until they are folded') {
    self.leftover = null
    self.stage = 'read leftover'
  } else self.stage = 'remove leftover'
}

/**
 * Removes a leftover that is in the files, by a rename into the folder of whoever folded it: its owner may have appended to it since it
 * was read, and somebody newer may be folding that. The next one follows.
 */
export function removeLeftover(world: World, self: Writer): void {
  const { leftover } = self
  if (leftover === null) return
  finishFold(world, leftover.entries, 'the folder is synced before a leftover is removed')
  if (!isOpen(world, self.name) && world.leftOut !== 'folded leftovers go into the folder of the lease') {
    end(self, 'stopped')
    return
  }
  removeFolder(world, leftover.from)
  if (world.leftOut === 'leftovers stay until they are folded') {
    self.stage = 'fold leftover'
    return
  }
  self.leftover = null
  self.stage = 'read leftover'
}
