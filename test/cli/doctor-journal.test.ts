import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DoctorReport, ReportedSession } from '../../src/cli/doctor/doctor-report.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, snapshot, someKeys, storePaired } from './stored-sessions.js'

const WRITTEN = new Date('2026-01-02T03:04:05Z')

interface Place {
  /** Where a session is run. */
  directory: string
  /** A copy of that, which nobody runs. */
  copy: string
  /** The folder of the session in the copy. */
  folder: string
  /** Its journal there. */
  journal: string
}

/** A session that is run, with some writes in its journal alone, and what its process would leave if it were killed. */
async function running(writes: number): Promise<Place> {
  const [directory, copy] = [join(temporaryFolder(), 'sessions'), join(temporaryFolder(), 'copy')]
  const store = fileStore(directory)
  await storePaired(store, 'a')
  const lease = await store.lock.acquire('a')
  const token = { fencingToken: lease?.fencingToken ?? NaN }
  // Together, and copied at once: they are folded a second later.
  await Promise.all(someKeys(writes).map(({ type, id }) => store.write('a', [{ type, id, value: '{"newer":true}' }], token)))
  cpSync(directory, copy, { recursive: true })
  const folder = join(copy, 'session-a')
  return { directory, copy, folder, journal: join(folder, '.lease-1', 'journal') }
}

async function examine(
  directory: string,
  options: string[] = [],
): Promise<{ code: number; session: ReportedSession | undefined; findings: string[]; messages: string }> {
  const { code, output } = await runCommand(['doctor', `fs:${directory}`, '--json', ...options])
  const [session] = (JSON.parse(output) as DoctorReport).sessions
  const findings = session?.findings ?? []
  return { code, session, findings: findings.map((finding) => finding.code), messages: findings.map(({ message }) => message).join('\n') }
}

const writers = (folder: string): string[] => readdirSync(folder).filter((name) => /^\.(?:lease|sealed)-/u.test(name))

describe('doctor tells of a journal', () => {
  it('that a process has left: its entries, when it was last written, and that this mends itself', async () => {
    const { copy, journal } = await running(2)
    utimesSync(journal, WRITTEN, WRITTEN)
    const before = snapshot(copy)
    const { code, session, findings, messages } = await examine(copy)
    expect([code, findings]).toEqual([0, ['unfolded_journal']])
    expect(session).toMatchObject({
      state: 'restorable',
      owner: null,
      records: 4,
      journal: { entries: 2, lastWriteAt: WRITTEN.toISOString(), canFold: true },
      findings: [{ needsPerson: false, canRepair: true }],
    })
    expect(messages).toMatch(/left 2 entries in its journal, the last of 2026-01-02T03:04:05\.000Z\./u)
    expect((await runCommand(['doctor', `fs:${copy}`])).output).toMatch(
      /^a: restorable, .*, last write .*, 2 entries in its journal, plain\n {2}A process ended and left 2 entries/u,
    )
    expect(snapshot(copy)).toEqual(before)
  })

  it('of a session that is run no fault, but how long it is', async () => {
    const { directory } = await running(2)
    const { code, session, findings } = await examine(directory)
    expect([code, findings]).toEqual([0, []])
    // It may have been folded meanwhile.
    expect(session?.journal).toMatchObject({ entries: expect.any(Number), canFold: true })
  })

  it('when it was written last, of the session, too', async () => {
    const { copy, journal } = await running(2)
    const later = new Date('2100-01-01T00:00:00Z')
    utimesSync(journal, later, later)
    expect((await examine(copy)).session?.lastWriteAt).toBe(later.toISOString())
  })

  it('that is empty as of a file that was left over', async () => {
    const { copy, journal } = await running(2)
    writeFileSync(journal, '')
    expect(await examine(copy)).toMatchObject({ code: 0, session: { journal: { entries: 0 } }, findings: ['left_over_files'] })
  })

  it('that it is damaged, once, and that it needs a person', async () => {
    const { copy, journal } = await running(2)
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('newer', 'NEWER'))
    const { code, session, findings, messages } = await examine(copy)
    expect([code, findings]).toEqual([1, ['journal_damaged']])
    expect(session).toMatchObject({ state: 'corrupt', journal: { entries: 0, canFold: false }, findings: [{ needsPerson: true, canRepair: false }] })
    expect(messages).toContain(`${journal} is damaged: its first entry is not whole`)
    expect(messages).toContain('Restore the folder of the session from a backup.')
  })

  it('and of its folder, that others may use it', async () => {
    const { copy, journal } = await running(2)
    chmodSync(journal, 0o644)
    chmodSync(join(journal, '..'), 0o755)
    expect(await examine(copy)).toMatchObject({
      code: 1,
      findings: ['modes_too_wide', 'unfolded_journal'],
      messages: expect.stringMatching(/^[^\n]*2 files and folders/u),
    })
  })
})

describe('doctor --repair of a journal that a process has left', () => {
  it('brings it into the files, and says how many entries', async () => {
    const { copy, folder } = await running(12)
    expect(await examine(copy, ['--repair'])).toMatchObject({
      code: 0,
      session: { journal: null, repairs: ['Brought 12 entries of a journal into the files.'], refusals: [] },
      findings: [],
    })
    expect(writers(folder)).toEqual([])
    expect([1, 12].map((id) => readFileSync(join(folder, `pre-key-${id}.json`), 'utf8'))).toEqual(['{"newer":true}', '{"newer":true}'])
  })

  it('removes one that is empty', async () => {
    const { copy, folder, journal } = await running(12)
    writeFileSync(journal, '')
    expect(await examine(copy, ['--repair'])).toMatchObject({ code: 0, session: { repairs: ['Removed an empty journal.'] }, findings: [] })
    expect(writers(folder)).toEqual([])
  })

  it('says why it could not', async () => {
    const { copy, folder } = await running(12)
    mkdirSync(join(folder, 'pre-key-12.json', 'something'), { recursive: true, mode: 0o700 })
    expect(await examine(copy, ['--repair'])).toMatchObject({
      code: 1,
      session: { repairs: [], refusals: [expect.stringMatching(/^Not repaired: Could not bring the journal into the files of .*pre-key-12\.json/u)] },
      findings: ['unfolded_journal'],
    })
  })

  it('touches none that is damaged, nor anything beside it', async () => {
    const { copy, folder, journal } = await running(12)
    writeFileSync(journal, readFileSync(journal, 'utf8').replace('newer', 'NEWER'))
    chmodSync(folder, 0o755)
    const before = snapshot(folder)
    expect(await examine(copy, ['--repair'])).toMatchObject({
      code: 1,
      session: { repairs: [], refusals: [] },
      findings: ['modes_too_wide', 'journal_damaged'],
    })
    expect(snapshot(folder)).toEqual(before)
  })
})
