import { describe, expect, it } from 'vitest'
import { formatEntry, isDamaged, type JournalEntry, parseJournal } from '../../../../src/adapters/filesystem/journal-entry.js'
import { PendingChanges } from '../../../../src/adapters/filesystem/pending-changes.js'

const entry = (sequence: number, more: Partial<JournalEntry> = {}): JournalEntry => ({
  sequence,
  syncedUpTo: 0,
  boot: 'now',
  replaceAll: false,
  changes: [{ type: 'session', id: `\ud800 ${sequence}`, value: `a "value"\nof ${sequence}` }],
  ...more,
})

/** A journal of some entries; `null` stands for one that is not whole. */
const journal = (...entries: (JournalEntry | null)[]): Buffer =>
  Buffer.from(entries.map((one) => (one === null ? `${'x'.repeat(40)}\n` : formatEntry(one))).join(''))

const numbers = (bytes: Buffer): number[] => parseJournal(bytes).entries.map(({ sequence }) => sequence)

describe('the entries of a journal', () => {
  it('are read as they were written', () => {
    const entries = [entry(7), entry(8, { replaceAll: true, changes: [] }), entry(9, { changes: [{ type: 'creds', id: '', value: null }] })]
    expect(parseJournal(journal(...entries))).toEqual({ entries, stray: null })
  })

  it('end with the first that is not whole, wherever the file was cut', () => {
    const bytes = journal(entry(1), entry(2))
    const first = journal(entry(1)).length
    for (let length = 0; length < bytes.length; length++) expect(numbers(bytes.subarray(0, length))).toEqual(length < first ? [] : [1])
    expect(parseJournal(bytes.subarray(0, -1)).stray).toBeNull()
  })

  it('of before a cut, which a disk may show again after the power was lost, are left out', () => {
    expect(parseJournal(journal(entry(5), entry(3), entry(4)))).toMatchObject({ entries: [{ sequence: 5 }], stray: null })
  })

  it.each<[string, Buffer]>([
    ['one in the middle is not whole', journal(entry(1), null, entry(3))],
    ['the first is not whole', journal(null, entry(2))],
    ['one is missing', journal(entry(1), entry(3))],
  ])('are damaged when %s', (_what, bytes) => {
    expect(isDamaged(parseJournal(bytes), 'now')).toBe(true)
  })

  it('are not damaged when the machine has lost power since, and with it what had not been synced', () => {
    const lost = parseJournal(journal(entry(1), entry(2, { syncedUpTo: 1 }), null, entry(4, { syncedUpTo: 2 })))
    expect(lost.entries).toHaveLength(2)
    expect(isDamaged(lost, 'a later boot')).toBe(false)
  })

  it('are damaged all the same when what is missing had been synced', () => {
    const damaged = parseJournal(journal(entry(1), null, entry(3, { syncedUpTo: 2 })))
    expect(isDamaged(damaged, 'a later boot')).toBe(true)
  })
})

describe('what is not in the files yet', () => {
  const change = (id: string, value: string | null): JournalEntry => entry(1, { changes: [{ type: 'session', id, value }] })

  it('is the last change of each record, and nothing else after all were replaced', () => {
    const pending = new PendingChanges()
    for (const write of [change('a', '1'), change('b', '1'), change('a', null)]) pending.apply(write, false)
    expect(['a', 'b', 'c'].map((id) => pending.valueOf({ type: 'session', id }))).toEqual([null, '1', undefined])
    pending.apply({ replaceAll: true, changes: [] }, false)
    expect(['a', 'b', 'c'].map((id) => pending.valueOf({ type: 'session', id }))).toEqual([null, null, null])
  })

  it('stays when it was changed while it was folded', () => {
    const pending = new PendingChanges()
    pending.apply(change('a', '1'), false)
    const folded = pending.all()
    pending.apply(change('a', '2'), false)
    pending.settle(folded)
    expect(pending.valueOf({ type: 'session', id: 'a' })).toBe('2')
    pending.settle(pending.all())
    expect(pending.isEmpty).toBe(true)
  })

  it('has to survive the loss of power for as long as the journal has a value that was promised to', () => {
    const pending = new PendingChanges()
    const isDurable = (): boolean[] => pending.all().map((one) => one.isDurable)
    pending.apply(change('a', '1'), true)
    pending.settle(pending.all())
    pending.apply(change('a', '2'), false)
    expect(isDurable()).toEqual([true])
    pending.settle(pending.all())
    pending.wasCut()
    pending.apply(change('a', '3'), false)
    expect(isDurable()).toEqual([false])
  })
})
