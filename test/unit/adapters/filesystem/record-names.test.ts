import { describe, expect, it } from 'vitest'
import { recordOfFileName, stockFileName } from '../../../../src/adapters/filesystem/record-file.js'
import { foldedNames, type FolderView, RecordNames } from '../../../../src/adapters/filesystem/record-names.js'

const folderOf = (...fileNames: string[]): FolderView => ({
  holds: async (fileName) => fileNames.includes(fileName),
  holdsTwin: async () => false,
})

describe('the stock name of a record', () => {
  // The ids as real Baileys makes them.
  it.each([
    [{ type: 'creds', id: '' }, 'creds.json'],
    [{ type: 'lifecycle', id: '' }, 'lifecycle.json'],
    [{ type: 'pre-key', id: '12' }, 'pre-key-12.json'],
    [{ type: 'session', id: '5511999.0' }, 'session-5511999.0.json'],
    [{ type: 'session', id: '98765_1.12' }, 'session-98765_1.12.json'],
    [{ type: 'sender-key', id: '5511-1400@g.us::5511999::0' }, 'sender-key-5511-1400@g.us--5511999--0.json'],
    [{ type: 'sender-key', id: 'status@broadcast::98765_1::3' }, 'sender-key-status@broadcast--98765_1--3.json'],
    [{ type: 'sender-key-memory', id: '5511-1400@g.us' }, 'sender-key-memory-5511-1400@g.us.json'],
    [{ type: 'app-state-sync-key', id: 'AAAA/+//b==' }, 'app-state-sync-key-AAAA__+____b==.json'],
    [{ type: 'app-state-sync-version', id: 'critical_unblock_low' }, 'app-state-sync-version-critical_unblock_low.json'],
    [{ type: 'lid-mapping', id: '98765_reverse' }, 'lid-mapping-98765_reverse.json'],
    [{ type: 'device-list', id: '5511999' }, 'device-list-5511999.json'],
    [{ type: 'tctoken', id: '__index' }, 'tctoken-__index.json'],
    [{ type: 'tctoken', id: '98765@lid' }, 'tctoken-98765@lid.json'],
    [{ type: 'contacts-tc-token', id: '5511999@s.whatsapp.net' }, 'contacts-tc-token-5511999@s.whatsapp.net.json'],
    [{ type: 'identity-key', id: '5511999.0' }, 'identity-key-5511999.0.json'],
  ])('%j is %s, and leads back', async (key, fileName) => {
    expect(stockFileName(key)).toBe(fileName)
    expect(recordOfFileName(fileName)).toEqual({ key, isCertain: true })
    const names = new RecordNames()
    expect(await names.claim(key, folderOf())).toBe(fileName)
    expect(await names.claim(key, folderOf(fileName))).toBe(fileName)
    expect(names.isChanged).toBe(false)
    expect(names.fileOf(key)).toBe(fileName)
  })

  it.each([
    'notes.json',
    'creds (copy).json',
    'creds.json.bak',
    '.0a1b.tmp',
    '.names.json',
    '~0123.json',
    'session-a:b.json',
    'session-1',
    'creds-.json',
    'session-é.json',
  ])('%s is the name of no record', (fileName) => {
    expect(recordOfFileName(fileName)).toBeNull()
  })
})

describe('the names of records', () => {
  it('gives the stock name to the first of two that share it, and another to the second', async () => {
    const names = new RecordNames()
    const first = await names.claim({ type: 'session', id: 'a:b' }, folderOf())
    const second = await names.claim({ type: 'session', id: 'a-b' }, folderOf(first))
    expect(first).toBe('session-a-b.json')
    expect(second).toMatch(/^~[0-9a-f]{40}\.json$/)
    const again = new RecordNames(names.entries())
    expect(again.fileOf({ type: 'session', id: 'a:b' })).toBe(first)
    expect(again.fileOf({ type: 'session', id: 'a-b' })).toBe(second)
    expect([again.recordOf(first), again.recordOf(second)]).toEqual([
      { type: 'session', id: 'a:b' },
      { type: 'session', id: 'a-b' },
    ])
  })

  it('leaves a stock name to the record that Baileys makes under it', async () => {
    const names = new RecordNames()
    expect(names.fileOf({ type: 'session', id: 'a:b' })).toBeNull()
    expect(await names.claim({ type: 'session', id: 'a:b' }, folderOf('session-a-b.json'))).toMatch(/^~/)
    expect(names.fileOf({ type: 'session', id: 'a-b' })).toBe('session-a-b.json')
  })

  it('finds a stock file of a type that it does not know, until it is told whose it is', async () => {
    const names = new RecordNames()
    expect(names.fileOf({ type: 'zz-future', id: '1' })).toBe('zz-future-1.json')
    expect(names.recordOf('zz-future-1.json')).toEqual({ type: 'zz-future', id: '1' })
    expect(await names.claim({ type: 'zz', id: 'future-1' }, folderOf('zz-future-1.json'))).toBe('zz-future-1.json')
    expect(names.recordOf('zz-future-1.json')).toEqual({ type: 'zz', id: 'future-1' })
    expect(names.fileOf({ type: 'zz-future', id: '1' })).toBeNull()
    expect(await names.claim({ type: 'zz-future', id: '1' }, folderOf('zz-future-1.json'))).toMatch(/^~/)
  })

  it('frees a name that is dropped', async () => {
    const names = new RecordNames()
    await names.claim({ type: 'session', id: 'a:b' }, folderOf())
    names.drop('session-a-b.json')
    expect(names.entries()).toEqual([])
    expect(await names.claim({ type: 'session', id: 'a-b' }, folderOf())).toBe('session-a-b.json')
  })

  it('keeps ids apart that differ only by case, on a disk that does not', async () => {
    const names = new RecordNames()
    const disk = foldedNames(['app-state-sync-key-AAab.json'])
    expect(await names.claim({ type: 'app-state-sync-key', id: 'AAab' }, disk)).toBe('app-state-sync-key-AAab.json')
    expect(await names.claim({ type: 'app-state-sync-key', id: 'AAAB' }, disk)).toMatch(/^~/)
    const chosen = await names.claim({ type: 'app-state-sync-key', id: 'xY' }, disk)
    disk.add(chosen)
    expect(await names.claim({ type: 'app-state-sync-key', id: 'Xy' }, disk)).toMatch(/^~/)
    expect(await disk.holdsTwin('app-state-sync-key-aaab.json')).toBe(true)
    expect(await disk.holdsTwin('app-state-sync-key-AAab.json')).toBe(false)
    expect(await disk.holds('app-state-sync-key-AAab.json')).toBe(true)
    expect(await disk.holds('app-state-sync-key-aaab.json')).toBe(false)
  })
})
