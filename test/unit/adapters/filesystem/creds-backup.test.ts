import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const CREDS = { ...CREDS_KEY, value: '{"registrationId":7,"me":{"id":"49151000001:2@s.whatsapp.net"}}' }
const RESTORED = [{ ...CREDS, restoredFrom: 'backup' }]
const PRE_KEY = { type: 'pre-key', id: '1', value: 'k' }

interface Written {
  store: FileSystemSessionStore
  directory: string
  creds: string
  backup: string
}

async function written(): Promise<Written> {
  const directory = temporaryFolder()
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  await store.write('a', [{ ...CREDS, value: '{"older":1}' }, PRE_KEY])
  await store.write('a', [CREDS])
  const folder = join(directory, 'session-a')
  return { store, directory, creds: join(folder, 'creds.json'), backup: join(folder, '.creds.backup.json') }
}

const DAMAGES: [string, (path: string) => void][] = [
  ['empty', (path) => truncateSync(path)],
  ['cut in the middle', (path) => truncateSync(path, 20)],
  ['cut at a brace', (path) => writeFileSync(path, '{"registrationId":7,"me":{"id":"49151000001:2@s.whatsapp.net"}')],
  ['no UTF-8', (path) => writeFileSync(path, Buffer.from([0x7b, 0xff]))],
  ['zeros', (path) => writeFileSync(path, Buffer.alloc(60))],
  [
    'an empty folder',
    (path) => {
      rmSync(path)
      mkdirSync(path)
    },
  ],
]

describe('the copy of the creds (invariants 2, 3)', () => {
  it.each(DAMAGES)('is read when they are %s, says so, and the next write of creds mends them', async (_name, damage) => {
    const { store, directory, creds, backup } = await written()
    damage(creds)
    const next = new FileSystemSessionStore({ directory })
    for (const looking of [store, next]) expect(await looking.read('a', [CREDS_KEY])).toEqual(RESTORED)
    expect(await store.read('a', [PRE_KEY])).toEqual([PRE_KEY])
    await store.write('a', [PRE_KEY])
    expect(await next.read('a', [CREDS_KEY])).toEqual(RESTORED)
    await next.write('a', [CREDS])
    expect(await store.read('a', [CREDS_KEY])).toEqual([CREDS])
    expect([readFileSync(creds, 'utf8'), readFileSync(backup, 'utf8')]).toEqual([CREDS.value, CREDS.value])
    await next.close()
  })

  it('is never read when there are no creds: absent stays absent', async () => {
    const { store, creds, backup } = await written()
    unlinkSync(creds)
    expect(existsSync(backup)).toBe(true)
    expect(await store.read('a', [CREDS_KEY])).toEqual([])
  })

  it('is not read in the place of creds that are whole, nor of those that cannot be looked at', async () => {
    const { store, creds, backup } = await written()
    writeFileSync(backup, '{"from":"the copy"}')
    expect(await store.read('a', [CREDS_KEY])).toEqual([CREDS])
    writeFileSync(creds, '{"of":"another shape"}')
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: '{"of":"another shape"}' }])
    const link = join(temporaryFolder(), 'link')
    writeFileSync(link, '')
    rmSync(creds)
    symlinkSync(link, creds)
    await expect(store.read('a', [CREDS_KEY])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  it.each(DAMAGES)('that is %s, too, leaves creds corrupt', async (_name, damage) => {
    const { store, creds, backup } = await written()
    truncateSync(creds)
    damage(backup)
    const read = store.read('a', [CREDS_KEY])
    if (/cut|zeros/u.test(_name)) expect((await read)[0]?.restoredFrom).toBe('backup')
    else await expect(read).rejects.toMatchObject({ code: 'RECORD_CORRUPT', message: expect.stringContaining('creds.json') })
  })

  it('that is no JSON is not better than creds that are none', async () => {
    const { store, creds, backup } = await written()
    truncateSync(creds, 20)
    truncateSync(backup, 25)
    expect(await store.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: CREDS.value.slice(0, 20) }])
  })

  it.each<[string, (store: FileSystemSessionStore) => Promise<void>]>([
    ['a removal of the creds', (store) => store.write('a', [{ ...CREDS_KEY, value: null }])],
    [
      'a removal of the creds among others',
      (store) =>
        store.write('a', [
          { ...CREDS_KEY, value: null },
          { ...PRE_KEY, value: null },
        ]),
    ],
    ['a replacement without creds', (store) => store.write('a', [PRE_KEY, { ...LIFECYCLE_KEY, value: '{}' }], { replaceAll: true })],
    ['a replacement with nothing', (store) => store.write('a', [], { replaceAll: true })],
    ['a delete of the session', (store) => store.delete('a')],
  ])('goes with %s', async (_name, remove) => {
    const { store, backup } = await written()
    await remove(store)
    expect(existsSync(backup)).toBe(false)
  })

  it('goes with a replacement when the creds themselves had gone before', async () => {
    const { store, creds, backup } = await written()
    unlinkSync(creds)
    await store.write('a', [PRE_KEY], { replaceAll: true })
    expect(existsSync(backup)).toBe(false)
  })

  it('is replaced by a pairing, is for this user alone, and is no record', async () => {
    const { store, backup } = await written()
    await store.write('a', [{ ...CREDS_KEY, value: '{"new":1}' }, PRE_KEY], { replaceAll: true })
    expect(readFileSync(backup, 'utf8')).toBe('{"new":1}')
    expect((statSync(backup).mode & 0o777).toString(8)).toBe('600')
    expect(await collect(store.records('a'))).toEqual(expect.arrayContaining([CREDS_KEY, { type: 'pre-key', id: '1' }]))
    expect(await collect(store.records('a'))).toHaveLength(2)
  })

  it('that cannot be written is no failure of the creds', async () => {
    const { store, creds, backup } = await written()
    rmSync(backup)
    mkdirSync(join(backup, 'something'), { recursive: true })
    await store.write('a', [{ ...CREDS_KEY, value: '{"new":1}' }])
    expect(readFileSync(creds, 'utf8')).toBe('{"new":1}')
  })

  it.each<[string, (backup: string, other: string) => void, string]>([
    ['has a second name', (backup, other) => linkSync(backup, other), CREDS.value],
    [
      'is a symbolic link',
      (backup, other) => {
        writeFileSync(other, 'of somebody else', { mode: 0o600 })
        rmSync(backup)
        symlinkSync(other, backup)
      },
      'of somebody else',
    ],
    ['lets others read', (backup) => chmodSync(backup, 0o644), ''],
    ['is longer than the creds', (backup) => writeFileSync(backup, 'x'.repeat(5000)), ''],
    ['is not there', (backup) => unlinkSync(backup), ''],
  ])('that %s is replaced, and not written over', async (_name, change, others) => {
    const { store, creds, backup } = await written()
    const other = join(temporaryFolder(), 'other')
    change(backup, other)
    const value = `${CREDS.value} `
    await store.write('a', [{ ...CREDS_KEY, value }])
    expect([readFileSync(creds, 'utf8'), readFileSync(backup, 'utf8')]).toEqual([value, value])
    expect((lstatSync(backup).mode & 0o777).toString(8)).toBe('600')
    expect(lstatSync(backup).nlink).toBe(1)
    if (others !== '') expect(readFileSync(other, 'utf8')).toBe(others)
  })

  it.each(['power', 'process'] as const)('is made in "%s" durability', async (durability) => {
    const directory = temporaryFolder()
    const store = new FileSystemSessionStore({ directory, durability })
    onTestFinished(() => store.close())
    for (const value of ['{}', CREDS.value]) {
      await store.write('a', [{ ...CREDS_KEY, value }])
      expect(readFileSync(join(directory, 'session-a', '.creds.backup.json'), 'utf8')).toBe(value)
    }
  })

  it('is kept of creds alone: a ratchet is never rolled back', async () => {
    const { store, directory } = await written()
    truncateSync(join(directory, 'session-a', 'pre-key-1.json'))
    await expect(store.read('a', [PRE_KEY])).rejects.toMatchObject({ code: 'RECORD_CORRUPT' })
  })
})
