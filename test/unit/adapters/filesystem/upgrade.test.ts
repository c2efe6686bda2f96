import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { formatEntry } from '../../../../src/adapters/filesystem/journal-entry.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordChange, type RecordKey } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

// Folders as the version without journals left them when it was killed. It wrote every file of a batch under a temporary name, then the
// manifest, by which the batch counted; then it stored the table of names, renamed the files, removed others, and at last the manifest.

const CREDS = { ...CREDS_KEY, value: '"old"' }
const NAMED = { type: 'zz', id: '-a', value: 'named by the table' }
const ALSO_NAMED = { type: 'zz', id: '-b', value: 'named since' }
const key = (id: number, value: string): RecordChange & { value: string } => ({ type: 'pre-key', id: String(id), value })
const rowOf = ({ type, id }: RecordKey): string[] => [`${type}-${id}.json`, type, id]

const BEFORE = [CREDS, { ...LIFECYCLE_KEY, value: '{}' }, key(1, 'one'), key(2, 'two'), NAMED]
const AFTER = [{ ...CREDS_KEY, value: '"new"' }, { ...LIFECYCLE_KEY, value: '{}' }, key(1, 'uno'), key(3, 'tres'), NAMED, ALSO_NAMED]

const FILES_BEFORE: Readonly<Record<string, string>> = {
  'creds.json': '"old"',
  '.creds.backup.json': '"old"',
  'lifecycle.json': '{}',
  'pre-key-1.json': 'one',
  'pre-key-2.json': 'two',
  'zz--a.json': 'named by the table',
  '.names.json': JSON.stringify([rowOf(NAMED)]),
}
/** The temporary file of each new text, in the order in which they were renamed. */
const TEMPORARY: readonly (readonly [temporary: string, fileName: string, text: string])[] = [
  ['.0123456789abcdef01.tmp', 'pre-key-1.json', 'uno'],
  ['.0123456789abcdef02.tmp', 'pre-key-3.json', 'tres'],
  ['.0123456789abcdef03.tmp', 'zz--b.json', 'named since'],
  ['.0123456789abcdef04.tmp', 'creds.json', '"new"'],
  ['.0123456789abcdef05.tmp', '.creds.backup.json', '"new"'],
]
const NAMES_AFTER = [rowOf(NAMED), rowOf(ALSO_NAMED)]
const MANIFEST = JSON.stringify({ writes: TEMPORARY.map(([temporary, fileName]) => [temporary, fileName]), removals: ['pre-key-2.json'], names: NAMES_AFTER })

interface Place {
  directory: string
  folder: string
  open: () => FileSystemSessionStore
}

function place(files: Readonly<Record<string, string>> = FILES_BEFORE): Place {
  const directory = temporaryFolder()
  const folder = join(directory, 'session-a')
  mkdirSync(folder, { mode: 0o700 })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
  const open = (): FileSystemSessionStore => {
    const store = new FileSystemSessionStore({ directory })
    onTestFinished(() => store.close())
    return store
  }
  return { directory, folder, open }
}

/** A batch that counted and was cut off after so many steps: the table of names, each rename, the removal. */
function cutOff(steps: number): Place {
  const cut = place({ ...FILES_BEFORE, ...Object.fromEntries(TEMPORARY.map(([temporary, , text]) => [temporary, text])), '.batch.json': MANIFEST })
  const { folder } = cut
  const work = [
    () => writeFileSync(join(folder, '.names.json'), JSON.stringify(NAMES_AFTER)),
    ...TEMPORARY.map(([temporary, fileName, text]) => () => {
      writeFileSync(join(folder, fileName), text)
      rmSync(join(folder, temporary))
    }),
    () => rmSync(join(folder, 'pre-key-2.json')),
  ]
  for (const step of work.slice(0, steps)) step()
  return cut
}

const STEPS = TEMPORARY.length + 2
const STAGES = Array.from({ length: STEPS + 1 }, (_, steps) => steps)

const lines = (records: readonly RecordChange[]): string[] => records.map(({ type, id, value }) => JSON.stringify([type, id, value])).sort()

/** All that a store says of the session: what it lists, and what it reads of that and of everything else that there was. */
async function stored(store: FileSystemSessionStore): Promise<string[]> {
  const listed = await collect(store.records('a'))
  const asked = new Map([...listed, ...BEFORE, ...AFTER].map(({ type, id }) => [`${type} ${id}`, { type, id }]))
  const read = await store.read('a', [...asked.values()])
  expect(listed.map(({ type, id }) => `${type} ${id}`).sort()).toEqual(read.map(({ type, id }) => `${type} ${id}`).sort())
  return lines(read)
}

const hidden = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.') && !['.names.json', '.creds.backup.json'].includes(name))

function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

const FILES_AFTER = {
  ...Object.fromEntries(TEMPORARY.map(([, fileName, text]) => [fileName, text])),
  'lifecycle.json': '{}',
  'zz--a.json': 'named by the table',
}

describe('a folder of the version without journals', () => {
  it('after a clean end is read, and written on', async () => {
    const { folder, open } = place()
    const store = open()
    expect(await stored(store)).toEqual(lines(BEFORE))
    const lease = await store.lock.acquire('a')
    await store.write('a', [key(1, 'uno')], { fencingToken: lease?.fencingToken ?? NaN })
    await lease?.release()
    expect(filesIn(folder)).toEqual({ ...FILES_BEFORE, 'pre-key-1.json': 'uno' })
  })

  it('uses the copy of creds that a crash has cut off', async () => {
    const { open } = place({ ...FILES_BEFORE, 'creds.json': '' })
    expect(await open().read('a', [CREDS_KEY])).toEqual([{ ...CREDS, restoredFrom: 'backup' }])
  })

  it('loses the files of a batch that did not count when the lease is taken; those of others stay', async () => {
    const others = { '.other.tmp': 'left', 'notes.txt': 'left', 'creds.json.tmp': 'left' }
    const { folder, open } = place({ ...FILES_BEFORE, ...others, '.0123456789abcdef01.tmp': 'uno' })
    const store = open()
    expect(await stored(store)).toEqual(lines(BEFORE))
    await (await store.lock.acquire('a'))?.release()
    expect(filesIn(folder)).toEqual({ ...FILES_BEFORE, ...others })
  })
})

describe('invariant 6: a batch of that version which counted, and was cut off after some of its steps', () => {
  it.each(STAGES)('(%i) is read whole by whoever comes, who changes nothing', async (steps) => {
    const { folder, open } = cutOff(steps)
    const before = filesIn(folder)
    expect(await stored(open())).toEqual(lines(AFTER))
    expect(filesIn(folder)).toEqual(before)
  })

  it.each(STAGES)('(%i) is brought into the files when the lease is taken, for that version to read', async (steps) => {
    const { folder, open } = cutOff(steps)
    const store = open()
    const lease = await store.lock.acquire('a')
    expect(await stored(store)).toEqual(lines(AFTER))
    expect(await stored(open())).toEqual(lines(AFTER))
    await lease?.release()
    const { '.names.json': names = '', ...files } = filesIn(folder)
    // The copy of creds that are in place already stays one write behind.
    expect(files).toEqual({ ...FILES_AFTER, '.creds.backup.json': steps === STEPS - 2 ? '"old"' : '"new"' })
    expect((JSON.parse(names) as string[][]).sort()).toEqual(NAMES_AFTER)
  })

  it.each(STAGES)('(%i) is brought into the files before a write without a lease, which counts over it', async (steps) => {
    const { folder, open } = cutOff(steps)
    await open().write('a', [key(3, 'newest'), key(9, 'nine')])
    expect(await stored(open())).toEqual(lines([...AFTER.filter(({ id }) => id !== '3'), key(3, 'newest'), key(9, 'nine')]))
    expect(existsSync(join(folder, '.batch.json'))).toBe(false)
    await (await open().lock.acquire('a'))?.release()
    expect(hidden(folder)).toEqual([])
  })

  it('is older than a journal beside it, and both are brought into the files', async () => {
    const { folder, open } = cutOff(2)
    mkdirSync(join(folder, '.lease-1'), { mode: 0o700 })
    const entry = formatEntry({ sequence: 1, syncedUpTo: 0, boot: '', replaceAll: false, changes: [key(3, 'of the journal')] })
    writeFileSync(join(folder, '.lease-1', 'journal'), entry, { mode: 0o600 })
    const expected = lines([...AFTER.filter(({ id }) => id !== '3'), key(3, 'of the journal')])
    expect(await stored(open())).toEqual(expected)
    await (await open().lock.acquire('a'))?.release()
    expect(await stored(open())).toEqual(expected)
    expect(hidden(folder)).toEqual([])
  })

  it('is not built upon while it cannot be brought into the files', async () => {
    const { folder, open } = cutOff(0)
    rmSync(join(folder, 'pre-key-1.json'))
    mkdirSync(join(folder, 'pre-key-1.json', 'something'), { recursive: true })
    expect(await stored(open())).toEqual(lines(AFTER))
    await expect(open().write('a', [key(9, 'nine')])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('pre-key-1.json') })
    expect(await stored(open())).toEqual(lines(AFTER))
    rmSync(join(folder, 'pre-key-1.json'), { recursive: true })
    await open().write('a', [key(9, 'nine')])
    expect(await stored(open())).toEqual(lines([...AFTER, key(9, 'nine')]))
  })

  it('goes with its session', async () => {
    const { folder, open } = cutOff(0)
    const store = open()
    await store.delete('a')
    expect(existsSync(folder)).toBe(false)
    await store.write('a', [key(1, 'k')])
    expect(await stored(store)).toEqual(lines([key(1, 'k')]))
  })

  it('is not brought into the files by a writer whose token is old', async () => {
    const { folder, open } = place()
    const [old, current] = [open(), open()]
    const lease = await old.lock.acquire('a')
    await lease?.release()
    await current.lock.acquire('a')
    for (const [temporary, , text] of TEMPORARY) writeFileSync(join(folder, temporary), text)
    writeFileSync(join(folder, '.batch.json'), MANIFEST)
    await expect(old.write('a', [key(9, 'nine')], { fencingToken: lease?.fencingToken ?? NaN })).rejects.toMatchObject({ code: 'STALE_WRITER' })
    await expect(old.write('a', [key(9, 'nine')])).rejects.toMatchObject({ code: 'STALE_WRITER' })
    expect(hidden(folder)).toContain('.batch.json')
  })
})

describe('a manifest of that version', () => {
  it.each([
    '',
    '{',
    '{}',
    'null',
    '{"writes":[["../outside.json","creds.json"]],"removals":[],"names":null}',
    '{"writes":[],"removals":["../outside.json"],"names":null}',
    '{"writes":[],"removals":[],"names":[["../x","a","b"]]}',
    '{"writes":[[".0123456789abcdef01.tmp","../outside.json"]],"removals":[],"names":null}',
  ])('that it has not made is not followed, and goes: %j', async (text) => {
    const { directory, folder, open } = place({ ...FILES_BEFORE, '.batch.json': text, '.0123456789abcdef01.tmp': 'not for outside' })
    writeFileSync(join(directory, 'outside.json'), 'outside')
    const store = open()
    expect(await stored(store)).toEqual(lines(BEFORE))
    await (await store.lock.acquire('a'))?.release()
    expect(filesIn(folder)).toEqual(FILES_BEFORE)
    expect(readFileSync(join(directory, 'outside.json'), 'utf8')).toBe('outside')
  })

  it.each(['.batch.json', '.names.json', '.creds.backup.json', 'pre-key-1.json', '.0123456789abcdef01.tmp'])(
    'is not carried out where %s is a symbolic link',
    async (name) => {
      const { folder, open } = cutOff(0)
      const outside = join(temporaryFolder(), 'outside')
      const text = name === '.batch.json' ? '{"writes":[],"removals":["creds.json"],"names":null}' : '[]'
      writeFileSync(outside, text)
      rmSync(join(folder, name))
      symlinkSync(outside, join(folder, name))
      await open()
        .write('a', [key(9, 'nine')])
        .catch(() => undefined)
      expect(readFileSync(outside, 'utf8')).toBe(text)
      expect(existsSync(join(folder, 'creds.json'))).toBe(true)
    },
  )
})
