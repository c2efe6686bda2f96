import { Buffer } from 'node:buffer'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../seeded-random.js'
import type { DiskEffect, NamedNode, NodeNumber } from './recorded-disk.js'

/**
 * What becomes of what was not synced:
 *
 * - `lost`: none of it is there;
 * - `kept`: all of it is there;
 * - `prefix`: of all names, and of the text of each file, what came first is there, the text cut at any byte;
 * - `scattered`: any of the names are there, and of the text of a file any parts, with zeros for the others.
 */
export type Unsynced = 'lost' | 'kept' | 'prefix' | 'scattered'

/** How the power was lost. */
export interface PowerLoss {
  /** Among how many effects it was lost. */
  readonly until: number
  readonly names: Unsynced
  readonly text: Unsynced
  readonly random: SeededRandom
}

type NamesEffect = Extract<DiskEffect, { kind: 'names' }>
type TextEffect = Exclude<DiskEffect, { kind: 'names' | 'sync' }>

/** What every file and folder is after the power was lost. */
interface Remains {
  readonly folders: Map<NodeNumber, Map<string, NamedNode>>
  readonly texts: Map<NodeNumber, Buffer>
}

/** Writes what a recorded disk has kept into another folder. */
export function restoreAfter(effects: readonly DiskEffect[], loss: PowerLoss, folder: string): void {
  const happened = effects.slice(0, loss.until)
  const isSafe = safety(happened)
  const remains: Remains = { folders: new Map(), texts: new Map() }
  for (const { changes } of keptNames(happened, isSafe, loss)) {
    for (const { folder: parent, name, node } of changes) {
      const names = remains.folders.get(parent) ?? new Map<string, NamedNode>()
      remains.folders.set(parent, names)
      if (node === null) names.delete(name)
      else names.set(name, node)
    }
  }
  for (const effect of keptText(happened, isSafe, loss)) remains.texts.set(effect.file, applied(remains.texts.get(effect.file) ?? Buffer.alloc(0), effect))
  restore(remains, 0, folder)
}

/** Whether the effect at a place survives in any case. */
function safety(effects: readonly DiskEffect[]): (index: number) => boolean {
  const synced = new Map<NodeNumber, number>()
  for (const effect of effects) if (effect.kind === 'sync') synced.set(effect.node, Math.max(effect.upTo, synced.get(effect.node) ?? 0))
  const covers = (node: NodeNumber, index: number): boolean => index < (synced.get(node) ?? 0)
  return (index) => {
    const effect = effects[index]
    if (effect === undefined || effect.kind === 'sync') return true
    // A rename is one step, so that the sync of either folder is that of both names.
    return effect.kind === 'names' ? effect.changes.some(({ folder }) => covers(folder, index)) : covers(effect.file, index)
  }
}

function keptNames(effects: readonly DiskEffect[], isSafe: (index: number) => boolean, { names, random }: PowerLoss): NamesEffect[] {
  const places = [...effects.keys()].filter((index) => effects[index]?.kind === 'names')
  const unsafe = places.filter((index) => !isSafe(index))
  const kept = new Set(names === 'scattered' ? unsafe.filter(() => random.below(2) === 0) : unsafe.slice(0, firstOf(names, unsafe.length, random)))
  return places
    .filter((index) => isSafe(index) || kept.has(index))
    .map((index) => effects[index])
    .filter((effect) => effect?.kind === 'names')
}

function firstOf(unsynced: Unsynced, count: number, random: SeededRandom): number {
  return unsynced === 'lost' ? 0 : unsynced === 'prefix' ? random.below(count + 1) : count
}

function keptText(effects: readonly DiskEffect[], isSafe: (index: number) => boolean, { text, random }: PowerLoss): TextEffect[] {
  const byFile = new Map<NodeNumber, { safe: TextEffect[]; unsafe: TextEffect[] }>()
  for (const [index, effect] of effects.entries()) {
    if (effect.kind !== 'data' && effect.kind !== 'length') continue
    const found = byFile.get(effect.file) ?? { safe: [], unsafe: [] }
    byFile.set(effect.file, found)
    found[isSafe(index) ? 'safe' : 'unsafe'].push(effect)
  }
  return [...byFile.values()].flatMap(({ safe, unsafe }) => [...safe, ...remainderOf(unsafe, text, random)])
}

function remainderOf(unsafe: readonly TextEffect[], text: Unsynced, random: SeededRandom): TextEffect[] {
  if (text === 'scattered')
    return unsafe.map((effect) => (effect.kind === 'data' && random.below(2) === 0 ? { ...effect, bytes: Buffer.alloc(effect.bytes.length) } : effect))
  const count = firstOf(text, unsafe.length, random)
  const kept = unsafe.slice(0, count)
  const next = unsafe[count]
  if (text === 'prefix' && next?.kind === 'data') kept.push({ ...next, bytes: next.bytes.subarray(0, random.below(next.bytes.length + 1)) })
  return kept
}

function applied(text: Buffer, effect: TextEffect): Buffer {
  if (effect.kind === 'length') return Buffer.concat([text], effect.length)
  const longer = Buffer.concat([text], Math.max(text.length, effect.at + effect.bytes.length))
  longer.set(effect.bytes, effect.at)
  return longer
}

function restore({ folders, texts }: Remains, node: NodeNumber, path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  for (const [name, child] of folders.get(node) ?? []) {
    if (child.isFolder) restore({ folders, texts }, child.node, join(path, name))
    else writeFileSync(join(path, name), texts.get(child.node) ?? '', { mode: 0o600 })
  }
}
