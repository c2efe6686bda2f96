import type * as fs from 'node:fs'
import { constants, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { Journal, OpenJournals } from '../../../../src/adapters/filesystem/journal.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

/** The flags of what is open, how much was at most, and whether a descriptor that appends can cut. */
const disk = vi.hoisted(() => ({ open: new Map<number, string | number>(), most: 0, cutsAppended: true }))

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>()
  return {
    ...actual,
    open: (path: string, flags: string | number, mode: number, done: (error: Error | null, file: number) => void) => {
      actual.open(path, flags, mode, (error, file) => {
        if (error === null && path.startsWith(tmpdir())) disk.open.set(file, flags)
        disk.most = Math.max(disk.most, disk.open.size)
        done(error, file)
      })
    },
    close: (file: number, done: (error: Error | null) => void) => {
      disk.open.delete(file)
      actual.close(file, done)
    },
    ftruncate: (file: number, length: number, done: (error: Error | null) => void) => {
      const flags = disk.open.get(file)
      if (disk.cutsAppended || typeof flags === 'string' || ((flags ?? 0) & constants.O_APPEND) === 0) actual.ftruncate(file, length, done)
      else done(Object.assign(new Error('EPERM: operation not permitted, ftruncate'), { code: 'EPERM' }))
    },
  }
})

const write = (value: string): Parameters<Journal['append']>[0] => [{ changes: [{ type: 'pre-key', id: '1', value }], replaceAll: false }]
const ASIDE = { isDurable: false, onAppended: () => undefined }

beforeEach(() => {
  Object.assign(disk, { most: 0, cutsAppended: true })
  disk.open.clear()
})

it('no more journals are open than may be, however many are written to at once, and none loses an entry', async () => {
  const folder = temporaryFolder()
  const journals = new OpenJournals(4)
  const paths = Array.from({ length: 30 }, (_, index) => join(folder, String(index)))
  const made = await Promise.all(paths.map((path) => Journal.create(path, journals)))
  for (const value of ['a', 'b']) {
    expect(await Promise.all(made.map((journal) => journal.append(write(value), ASIDE)))).not.toContain(false)
  }
  expect(disk.open.size).toBe(4)
  expect(disk.most).toBe(4)
  expect(paths.map((path) => readFileSync(path, 'utf8').trimEnd().split('\n').length)).toEqual(paths.map(() => 2))
  await Promise.all(made.map((journal) => journal.close()))
  expect(disk.open.size).toBe(0)
})

it('a journal is cut where what is open for appending alone can cut nothing, as on Windows', async () => {
  disk.cutsAppended = false
  const path = join(temporaryFolder(), 'journal')
  const journal = await Journal.create(path, new OpenJournals(1))
  await journal.append(write('a'), ASIDE)
  await journal.hold((cut) => cut())
  expect(readFileSync(path, 'utf8')).toBe('')
  await journal.append(write('b'), ASIDE)
  expect(readFileSync(path, 'utf8')).toMatch(/^[0-9a-f]{16} \[2,[^\n]*\[\["pre-key","1","b"\]\][^\n]*\n$/u)
  await journal.close()
})
