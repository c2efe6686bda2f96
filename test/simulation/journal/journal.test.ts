import { describe, expect, it } from 'vitest'
import { isLong } from '../../support/long-form.js'
import { type Mechanism, MECHANISMS, type Violation } from './mechanisms.js'
import { holders, inCopiedFolder, withKeys, withPowerFailures, withReader, withVisitors } from './scenarios.js'
import { walk, type WalkResult } from './walk.js'
import { modelOf, type World } from './world.js'

/** Who comes, and how many different worlds follow from that. */
const SMALL: [string, World, number][] = [
  ['three holders', holders(2, 1, 1), 34_795],
  ['two holders in a folder that was copied', inCopiedFolder(holders(1, 1)), 758],
  ['a holder and two visitors', withVisitors(holders(1), 'a', 'b'), 20_792],
  ['a holder and a reader who begins anew', withReader(holders(2), 1), 7597],
  ['two holders and a reader', withReader(holders(1, 1), 0), 47_177],
  ['a power failure while all writes are durable', withPowerFailures(holders(2, 1), 1), 6360],
  ['a power failure while only creds are durable', withKeys(withPowerFailures(holders(2, 1), 1)), 4297],
]

const LARGE: [string, World, number][] = [
  ['three holders', holders(2, 2, 2), 115_559],
  ['a holder, a visitor and a reader', withReader(withVisitors(holders(1), 'a'), 0), 47_280],
  ['two power failures while all writes are durable', withPowerFailures(holders(1, 1, 1), 2), 92_582],
]

/** More steps of what is in the others, which take as long as all of them together. */
const LARGEST: [string, World, number][] = [['two holders and a reader', withReader(holders(2, 1), 0), 319_155]]

/** With whom each mechanism is needed, and what goes wrong without it. */
const NEEDED: Record<Mechanism, [World, Violation]> = {
  'a token is beyond every folder': [inCopiedFolder(holders(1, 1)), 'write lost'],
  'a new holder looks at the lock after it made its folder': [holders(1, 1, 1), 'stale write accepted'],
  'leftovers are folded before the lease is handed out': [holders(1, 1), 'stale write accepted'],
  'leftovers are sealed before they are read': [holders(1, 1), 'write lost'],
  'leftovers are read a second time': [holders(2, 1), 'write lost'],
  'leftovers stay until they are folded': [holders(1, 1), 'write lost'],
  'folded leftovers go into the folder of the lease': [holders(1, 1, 1), 'writes mixed'],
  'a first write looks at the lock after it made the folder': [holders(1, 1), 'stale write accepted'],
  'a write looks at its journal after the append': [holders(1, 1), 'write lost'],
  'new files come out of the folder of the lease': [holders(1, 2), 'write lost'],
  'removed files go into the folder of the lease': [holders(2, 1), 'write lost'],
  'a journal is cut only when nothing is newer': [holders(2), 'write lost'],
  'a release folds': [holders(1), 'write lost'],
  'a visitor comes only when the lock was given back': [withVisitors(holders(1), 'a'), 'write lost'],
  'a visitor looks at the lock after it made its folder': [withVisitors(holders(1), 'a'), 'stale write accepted'],
  'a visitor seals other visitors': [withVisitors(holders(), 'a', 'b'), 'write lost'],
  'a reader reads the journals': [withReader(holders(1), 0), 'old read'],
  'a reader reads the journals again': [withReader(holders(2), 0), 'mixed read'],
  'a reader reads the files again': [withReader(holders(2), 0), 'mixed read'],
  'a reader reads the files again after the journals': [withReader(holders(2), 0), 'mixed read'],
  'a durable write is synced before it is acknowledged': [withPowerFailures(holders(1), 0), 'write lost with the power'],
  'the folders of a new journal are synced': [withPowerFailures(holders(1), 0), 'write lost with the power'],
  'a leftover is synced before it is folded': [withPowerFailures(holders(1, 1), 0), 'writes mixed with the power'],
  'new files are synced before they get their names': [withPowerFailures(holders(1), 0), 'write lost with the power'],
  'the folder is synced before the journal is cut': [withPowerFailures(holders(1), 0), 'write lost with the power'],
  'the folder is synced before a leftover is removed': [withPowerFailures(holders(1, 1), 0), 'writes mixed with the power'],
  'entries that were never synced may be damaged': [withKeys(withPowerFailures(holders(3), 0)), 'journal refused'],
}

function walkFrom(start: World): WalkResult<Violation> {
  return walk(modelOf(start))
}

describe('the journals of a session, in every order of steps', () => {
  it.each(SMALL)('lose nothing, mix nothing, and let nobody write or read what is stale: %s', (_, start, states) => {
    expect(walkFrom(start)).toEqual({ states, violation: null })
  })

  it.each(isLong ? [...LARGE, ...LARGEST] : LARGE)('do so at length: %s', { tags: 'full', timeout: isLong ? 600_000 : 300_000 }, (_, start, states) => {
    expect(walkFrom(start)).toEqual({ states, violation: null })
  })

  it.each(MECHANISMS)('need that %s', (leftOut) => {
    const [start, violation] = NEEDED[leftOut]
    expect(walkFrom({ ...start, leftOut }).violation?.kind).toBe(violation)
  })
})
