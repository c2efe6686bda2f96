import type { Violation } from './mechanisms.js'
import { folderNamed, isMixed, isOlder, overlay, type SessionFolder, type Write } from './session-folder.js'
import type { Step } from './walk.js'
import type { World } from './world.js'

/** A folder as it was listed. A journal is found only under the name that its folder has. */
interface Listed {
  readonly name: string
  readonly isSealed: boolean
}

type ReadingStage = 'list' | 'read journals' | 'read files' | 'list again' | 'read journals again' | 'read files again' | 'done' | 'given up'

/** Somebody who holds no lease, and reads all records once. */
export interface Reader {
  stage: ReadingStage
  /** Which journal or file is next. */
  next: number
  /** How often it may begin anew. */
  retries: number
  /** What was acknowledged before it began. */
  before: Write[] | null
  listed: Listed[]
  journals: Write[][]
  files: Write[]
}

/** A reader before it begins. */
export function reader(retries: number): Reader {
  return { stage: 'list', next: 0, retries, before: null, listed: [], journals: [], files: [] }
}

/** Copies a reader. */
export function copyReader(self: Reader): Reader {
  return { ...self, listed: [...self.listed], journals: self.journals.map((journal) => [...journal]), files: [...self.files] }
}

/** The step that a reader can take now. */
export function readerSteps({ reader: self }: World): Step<World>[] {
  if (self === null || self.stage === 'done' || self.stage === 'given up') return []
  const take = (changed: World): void => {
    if (changed.reader !== null) STAGES[self.stage](changed, changed.reader)
  }
  return [{ name: `reader: ${self.stage} ${self.next}`, take }]
}

const STAGES: Record<ReadingStage, (world: World, self: Reader) => void> = {
  list: (world, self) => {
    self.before ??= [...world.acknowledged]
    self.listed = world.leftOut === 'a reader reads the journals' ? [] : listFolders(world)
    goTo(world, self, 'read journals')
  },
  'read journals': (world, self) => {
    const journal = openJournal(world, self.listed[self.next])
    if (journal === null) beginAnew(self)
    else {
      self.journals.push(journal)
      advance(world, self)
    }
  },
  'read files': (world, self) => {
    self.files.push(world.files[self.next] ?? 0)
    advance(world, self)
  },
  'list again': (world, self) => {
    if (isEqual(listFolders(world), self.listed)) advance(world, self)
    else beginAnew(self)
  },
  'read journals again': (world, self) => {
    if (isEqual(openJournal(world, self.listed[self.next]), self.journals[self.next])) advance(world, self)
    else beginAnew(self)
  },
  'read files again': (world, self) => {
    if (world.files[self.next] === self.files[self.next]) advance(world, self)
    else beginAnew(self)
  },
  done: () => undefined,
  'given up': () => undefined,
}

/** What follows what. Files are the last that is looked at: what was folded since then was not in a journal before. */
function orderOf(leftOut: World['leftOut']): ReadingStage[] {
  const journalsAgain: ReadingStage[] =
    leftOut === 'a reader reads the journals' || leftOut === 'a reader reads the journals again' ? [] : ['list again', 'read journals again']
  const filesAgain: ReadingStage[] = leftOut === 'a reader reads the files again' ? [] : ['read files again']
  const again = leftOut === 'a reader reads the files again after the journals' ? [...filesAgain, ...journalsAgain] : [...journalsAgain, ...filesAgain]
  return ['list', 'read journals', 'read files', ...again, 'done']
}

/** Goes on with the next journal or file. */
function advance(world: World, self: Reader): void {
  self.next += 1
  if (self.next < lengthOf(world, self)) return
  const order = orderOf(world.leftOut)
  goTo(world, self, order[order.indexOf(self.stage) + 1] ?? 'done')
}

/** Goes to a stage, and beyond it when there is no journal to read. */
function goTo(world: World, self: Reader, stage: ReadingStage): void {
  self.stage = stage
  self.next = 0
  if (stage !== 'done' && lengthOf(world, self) === 0) advance(world, self)
}

/** How many journals or files there are in a stage. */
function lengthOf({ files }: World, { stage, listed }: Reader): number {
  if (stage === 'read files' || stage === 'read files again') return files.length
  return stage === 'read journals' || stage === 'read journals again' ? listed.length : 1
}

function beginAnew(self: Reader): void {
  Object.assign(self, {
    stage: self.retries > 0 ? 'list' : 'given up',
    next: 0,
    retries: Math.max(0, self.retries - 1),
    listed: [],
    journals: [],
    files: [],
  } satisfies Partial<Reader>)
}

function listFolders({ folders }: SessionFolder): Listed[] {
  return folders.map(({ name, isSealed }) => ({ name, isSealed }))
}

function openJournal(session: SessionFolder, listed: Listed | undefined): Write[] | null {
  const folder = listed === undefined ? undefined : folderNamed(session, listed.name)
  return folder === undefined || folder.isSealed !== listed?.isSealed ? null : [...folder.journal]
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** What a reader must not hand out. */
export function readerViolation(world: World): Violation | null {
  const { reader: self } = world
  if (self?.stage !== 'done') return null
  const found = overlay(world, self.files, self.journals)
  if (isOlder(found, self.before ?? [])) return 'old read'
  return isMixed(world, found) ? 'mixed read' : null
}
