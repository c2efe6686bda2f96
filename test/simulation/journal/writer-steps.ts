import { foldLeftover, readLeftover, readLeftoverAgain, removeLeftover, seal } from './leftovers.js'
import type { Step } from './walk.js'
import type { World } from './world.js'
import type { Stage, Writer } from './writer.js'
import { appendEntry, beginFold, check, claim, continueFold, giveBack, isFree, list, look, make, removeOwn, syncEntry, visit } from './writing.js'

type Take = (world: World, self: Writer) => void

/** What each stage does. Those that are not here have a choice, or are the end. */
const STAGES: Partial<Record<Stage, Take>> = {
  list,
  make,
  'look before sealing': look,
  'look before writing': look,
  seal,
  'read leftover': readLeftover,
  'read leftover again': readLeftoverAgain,
  'fold leftover': foldLeftover,
  'remove leftover': removeLeftover,
  append: appendEntry,
  sync: syncEntry,
  check,
  remove: removeOwn,
  'give back': giveBack,
}

/** The steps that one writer can take now. */
export function writerSteps(world: World, index: number): Step<World>[] {
  const writer = world.writers[index]
  if (writer === undefined) return []
  return [...choices(world, writer, index), ...foldChoices(writer)].map(([name, act]) => ({
    name: `${writer.kind} ${index + 1}: ${name}`,
    take: (changed) => {
      const self = changed.writers[index]
      if (self !== undefined) act(changed, self)
    },
  }))
}

function choices(world: World, writer: Writer, index: number): [string, Take][] {
  const { stage, kind } = writer
  if (stage === 'claim') {
    if (kind === 'visitor') return isFree(world) ? [['sees that nobody holds the lock', visit]] : []
    // Holders differ in their tokens alone, so that one order says all.
    const isNext = world.writers.slice(0, index).every((other) => other.kind === 'visitor' || other.stage !== 'claim')
    return isNext ? [['claim', claim]] : []
  }
  if (stage === 'ready') return readyChoices(world, writer)
  const act = STAGES[stage]
  return act === undefined ? [] : [[stage, act]]
}

function readyChoices({ leftOut }: World, { hasFolder, writes, fold, journaled }: Writer): [string, Take][] {
  const write: [string, Take] = hasFolder ? ['append', appendEntry] : ['make', make]
  const release: [string, Take] = hasFolder ? ['remove', removeOwn] : ['give back', giveBack]
  const isFolded = fold === null && (journaled.length === 0 || leftOut === 'a release folds')
  return [...(writes > 0 ? [write] : []), ...(isFolded ? [release] : [])]
}

/** A fold goes on beside the writes. */
function foldChoices({ stage, fold, journaled }: Writer): [string, Take][] {
  if (fold !== null) return [[`fold ${fold.record}`, continueFold]]
  return journaled.length > 0 && stage !== 'give back' ? [['begin to fold', beginFold]] : []
}
