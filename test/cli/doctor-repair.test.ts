import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { narrowModes } from '../../src/cli/doctor/inspect-folder.js'
import type { DoctorReport, ReportedSession } from '../../src/cli/doctor/doctor-report.js'
import { CREDS_KEY } from '../../src/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

interface Place {
  directory: string
  folder: string
  creds: string
}

/** A store with one session, which nobody has open. */
async function storedSession(): Promise<Place> {
  const directory = join(temporaryFolder(), 'sessions')
  const store = fileStore(directory)
  const creds = await storePaired(store, 'a')
  await store.close()
  return { directory, folder: join(directory, 'session-a'), creds }
}

async function repair(directory: string, options: string[] = []): Promise<{ code: number } & Partial<ReportedSession>> {
  const { code, output } = await runCommand(['doctor', `fs:${directory}`, '--json', '--repair', ...options])
  return { code, ...(JSON.parse(output) as DoctorReport).sessions[0] }
}

async function examine(directory: string): Promise<{ code: number } & Partial<ReportedSession>> {
  const { code, output } = await runCommand(['doctor', `fs:${directory}`, '--json'])
  return { code, ...(JSON.parse(output) as DoctorReport).sessions[0] }
}

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)
const codesOf = ({ findings = [] }: Partial<ReportedSession>): string[] => findings.map(({ code }) => code)

describe('doctor --repair', () => {
  it('does nothing, and takes no lease, where nothing is wrong', async () => {
    const { directory } = await storedSession()
    const before = snapshot(directory)
    expect(await repair(directory)).toMatchObject({ code: 0, findings: [], repairs: [] })
    expect(snapshot(directory)).toEqual(before)
  })

  it('closes files and folders that others may use, and says so', async () => {
    const { directory, folder } = await storedSession()
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'creds.json'), 0o644)
    const found = await examine(directory)
    expect(found).toMatchObject({
      code: 1,
      findings: [
        {
          code: 'modes_too_wide',
          needsPerson: true,
          canRepair: true,
          message: expect.stringContaining(`2 files and folders, such as ${folder} with mode 0755`),
        },
      ],
    })
    expect(await repair(directory)).toMatchObject({ code: 0, findings: [], repairs: ['Restricted 2 files and folders to the owner.'] })
    expect([modeOf(folder), modeOf(join(folder, 'creds.json')), modeOf(join(folder, 'pre-key-1.json'))]).toEqual(['700', '600', '600'])
    expect(await examine(directory)).toMatchObject({ code: 0, findings: [] })
  })

  it('closes no folder that is none of a session: with an empty prefix anything may be listed', async () => {
    const directory = temporaryFolder()
    for (const [name, file] of [
      ['photos', 'photo.jpg'],
      ['project', 'package-lock.json'],
      ['nothing', null],
    ] as const) {
      mkdirSync(join(directory, name))
      chmodSync(join(directory, name), 0o755)
      if (file !== null) writeFileSync(join(directory, name, file), '{}', { mode: 0o644 })
    }
    const before = snapshot(directory)
    const report = async (...options: string[]): Promise<string> => (await runCommand(['doctor', `fs:${directory}?prefix=`, ...options])).output
    expect(await report()).not.toMatch(/Users other than the owner/u)
    expect(await report('--repair')).not.toMatch(/[Rr]epaired/u)
    expect(snapshot(directory)).toEqual(before)
  })

  it('closes nothing that a link leads to', async () => {
    const { directory, folder } = await storedSession()
    const elsewhere = join(temporaryFolder(), 'elsewhere')
    writeFileSync(elsewhere, '')
    chmodSync(elsewhere, 0o644)
    symlinkSync(elsewhere, join(folder, 'session-1.0.json'))
    chmodSync(folder, 0o755)
    expect(await repair(directory)).toMatchObject({ repairs: ['Restricted 1 file or folder to the owner.'] })
    expect(modeOf(elsewhere)).toBe('644')
    // Not even when it was a file a moment ago.
    const swapped = [{ path: join(folder, 'session-1.0.json'), mode: 0o644 }]
    expect(await narrowModes(swapped)).toEqual(swapped)
    expect(modeOf(elsewhere)).toBe('644')
  })

  it('writes credentials back that were read from their backup', async () => {
    const { directory, folder, creds } = await storedSession()
    writeFileSync(join(folder, 'creds.json'), '')
    const found = await examine(directory)
    expect([found.code, found.state, codesOf(found)]).toEqual([1, 'restorable', ['credentials_from_backup']])
    expect(await repair(directory)).toMatchObject({ code: 0, state: 'restorable', findings: [], repairs: ['Restored the credentials from their backup.'] })
    expect(readFileSync(join(folder, 'creds.json'), 'utf8')).toBe(creds)
    expect((await runCommand(['doctor', `fs:${directory}`])).code).toBe(0)
  })

  it('leaves credentials alone that have no backup', async () => {
    const { directory, folder } = await storedSession()
    rmSync(join(folder, '.creds.backup.json'))
    writeFileSync(join(folder, 'creds.json'), '{"noiseKey":')
    const before = snapshot(directory)
    expect(await repair(directory)).toMatchObject({ code: 1, state: 'corrupt', repairs: [] })
    expect(snapshot(directory)).toEqual(before)
  })

  it('cleans up after a write that was cut off before it counted', async () => {
    const { directory, folder } = await storedSession()
    for (const name of ['.0123456789abcdef01.tmp', '.0123456789abcdef02.tmp']) writeFileSync(join(folder, name), 'cut', { mode: 0o600 })
    const found = await examine(directory)
    expect([found.code, codesOf(found)]).toEqual([0, ['left_over_files']])
    expect(await repair(directory)).toMatchObject({ code: 0, findings: [], repairs: ['Cleaned up after a write that was cut off: 2 files.'] })
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('finishes a write that was cut off after it counted', async () => {
    const { directory, folder } = await storedSession()
    const temporary = '.0123456789abcdef03.tmp'
    writeFileSync(join(folder, temporary), '{"new":true}', { mode: 0o600 })
    writeFileSync(join(folder, '.batch.json'), JSON.stringify({ writes: [[temporary, 'pre-key-1.json']], removals: ['pre-key-2.json'], names: null }), {
      mode: 0o600,
    })
    const found = await examine(directory)
    expect([found.code, codesOf(found)]).toEqual([0, expect.arrayContaining(['unfinished_batch'])])
    expect(await repair(directory)).toMatchObject({ code: 0, findings: [], repairs: expect.arrayContaining(['Finished the write that was cut off.']) })
    expect(readFileSync(join(folder, 'pre-key-1.json'), 'utf8')).toBe('{"new":true}')
    expect([existsSync(join(folder, 'pre-key-2.json')), existsSync(join(folder, '.batch.json'))]).toEqual([false, false])
  })

  it('touches no session that is run, and says who runs it', async () => {
    const { directory, folder } = await storedSession()
    const owner = fileStore(directory)
    const lease = await owner.lock.acquire('a')
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'creds.json'), '')
    const before = snapshot(folder)
    expect(await repair(directory)).toMatchObject({
      code: 1,
      repairs: [],
      refusals: [`Not repaired: it is running in ${lease?.owner ?? ''}. Stop it there first.`],
    })
    expect(snapshot(folder)).toEqual(before)
    await owner.write('a', [{ ...CREDS_KEY, value: 'still the writer' }], { fencingToken: lease?.fencingToken ?? NaN })
    await lease?.release()
  })

  it('gives the lease back', async () => {
    const { directory, folder } = await storedSession()
    chmodSync(folder, 0o755)
    await repair(directory)
    const store = fileStore(directory)
    expect(await store.lock.owner('a')).toBeNull()
    expect(await (await store.lock.acquire('a'))?.release()).toBeUndefined()
  })

  it('says why it could not: the folder of locks is a file', async () => {
    const { directory, folder } = await storedSession()
    rmSync(join(directory, '.baileys-sessions'), { recursive: true, force: true })
    writeFileSync(join(directory, '.baileys-sessions'), '')
    chmodSync(folder, 0o755)
    expect(await repair(directory)).toMatchObject({ code: 1, repairs: [], refusals: [expect.stringMatching(/^Not repaired: /u)] })
    expect(modeOf(folder)).toBe('755')
  })

  it('prints in lines what it did', async () => {
    const { directory, folder } = await storedSession()
    chmodSync(folder, 0o750)
    const { output } = await runCommand(['doctor', `fs:${directory}`, '--repair'])
    expect(output).toContain('\n  repaired: Restricted 1 file or folder to the owner.\n')
    chmodSync(folder, 0o755)
    expect((await runCommand(['doctor', `fs:${directory}`])).output).toContain('\n  Users other than the owner can use 1 file or folder, such as')
  })
})
