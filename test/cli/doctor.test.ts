import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeLifecycle, freshLifecycle } from '../../src/auth/lifecycle-record.js'
import type { DoctorReport, ReportedSession } from '../../src/cli/doctor/doctor-report.js'
import { LIFECYCLE_KEY } from '../../src/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { type Circumstances, type Outcome, runCommand } from './command-line.js'
import { changedCreds, fileStore, MASKED, PHONE, snapshot, someKeys, storeCreds, storePaired } from './stored-sessions.js'

const AT = new Date('2026-01-02T03:04:05Z')
const newDirectory = (): string => join(temporaryFolder(), 'sessions')
const doctor = (directory: string, options: string[] = [], circumstances?: Circumstances): Promise<Outcome> =>
  runCommand(['doctor', `fs:${directory}`, ...options], circumstances)

async function report(directory: string, options: string[] = []): Promise<DoctorReport & { code: number }> {
  const { code, output, errors } = await doctor(directory, ['--json', ...options])
  expect(errors).toBe('')
  return { code, ...(JSON.parse(output) as DoctorReport) }
}

/** Of a store with one session: that session, and its findings by name. */
async function examine(
  directory: string,
  options: string[] = [],
): Promise<{ code: number; session: ReportedSession | undefined; findings: string[]; messages: string }> {
  const { code, sessions } = await report(directory, options)
  expect(sessions).toHaveLength(1)
  const session = sessions[0]
  const findings = session?.findings ?? []
  return { code, session, findings: findings.map((finding) => finding.code), messages: findings.map(({ message }) => message).join('\n') }
}

describe('doctor tells of a session', () => {
  it('that it is restorable, with its phone masked, its records, its last write, and that it is plain', async () => {
    const directory = newDirectory()
    const before = Date.now() - 1000
    await storePaired(fileStore(directory), 'a')
    const { code, session } = await examine(directory)
    expect(code).toBe(0)
    expect(session).toMatchObject({
      sessionId: 'a',
      state: 'restorable',
      owner: null,
      ownerPid: null,
      phoneNumber: MASKED,
      records: 4,
      encryption: 'plain',
      findings: [],
      repairs: [],
      refusals: [],
    })
    expect(Date.parse(session?.lastWriteAt ?? '')).toBeGreaterThan(before)
    expect(Date.parse(session?.lastWriteAt ?? '')).toBeLessThan(Date.now() + 1000)
  })

  it('its number, when it is asked for', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    expect((await examine(directory, ['--show-numbers'])).session?.phoneNumber).toBe(PHONE)
    expect((await doctor(directory, ['--show-numbers'])).output).toContain(`a: restorable, ${PHONE}, 4 records, last write 20`)
    expect((await doctor(directory)).output).toContain(`a: restorable, ${MASKED}, 4 records, last write 20`)
  })

  it('how many pre-keys it has, and how many files it takes', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storePaired(store, 'a')
    const { session: before } = await examine(directory)
    await store.write(
      'a',
      ['7001', '7002', '7003'].map((id) => ({ type: 'pre-key', id, value: '{}' })),
    )
    const { session } = await examine(directory)
    expect(session).toMatchObject({ records: 7, preKeys: (before?.preKeys ?? 0) + 3, files: (before?.files ?? 0) + 3, findings: [] })
    expect((await doctor(directory)).output).toContain(`, ${session?.preKeys ?? 0} pre-keys, ${session?.files ?? 0} files, plain`)
  })

  it('that it was never paired: of credentials without a phone, and of a folder with nothing in it', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storeCreds(store, 'a', changedCreds(await storePaired(store, 'a'), { me: undefined, account: undefined }))
    expect(await examine(directory)).toMatchObject({ code: 0, session: { state: 'never_paired', phoneNumber: null }, findings: [] })
    const empty = newDirectory()
    mkdirSync(join(empty, 'session-b'), { recursive: true, mode: 0o700 })
    expect(await examine(empty)).toMatchObject({ code: 0, session: { state: 'never_paired', records: 0, encryption: 'none' }, findings: [] })
  })

  it('that it is half paired', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storeCreds(store, 'a', changedCreds(await storePaired(store, 'a'), { account: undefined }))
    expect(await examine(directory)).toMatchObject({ code: 1, session: { state: 'half_paired', phoneNumber: null }, findings: ['half_paired'] })
  })

  it('that it was stopped, which needs nobody', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a', { desired: 'stopped' })
    expect(await examine(directory)).toMatchObject({ code: 0, session: { state: 'stopped', phoneNumber: MASKED }, findings: [] })
  })

  it('that it was logged out, and when', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a', { desired: 'stopped', loggedOutAt: AT })
    expect(await examine(directory)).toMatchObject({
      code: 1,
      session: { state: 'logged_out' },
      findings: ['logged_out'],
      messages: expect.stringContaining('2026-01-02T03:04:05.000Z'),
    })
  })

  it('that WhatsApp has restricted the account, for as long as it has', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storePaired(store, 'a', { verdict: { kind: 'restricted', until: null } })
    expect(await examine(directory)).toMatchObject({ code: 1, session: { state: 'restorable' }, findings: ['restricted'] })
    await storePaired(store, 'a', { verdict: { kind: 'restricted', until: new Date(Date.now() + 60_000) } })
    expect(await examine(directory)).toMatchObject({ code: 1, findings: ['restricted'] })
    await storePaired(store, 'a', { verdict: { kind: 'restricted', until: AT } })
    expect(await examine(directory)).toMatchObject({ code: 0, findings: [] })
  })

  it.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['of another kind', () => '{}'],
  ])('that its credentials are %s', async (_what, damage) => {
    const directory = newDirectory()
    const folder = join(directory, 'session-a')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const store = fileStore(newDirectory())
    writeFileSync(join(folder, 'creds.json'), damage(await storePaired(store, 'a')), { mode: 0o600 })
    expect(await examine(directory)).toMatchObject({ code: 1, session: { state: 'corrupt', phoneNumber: null }, findings: ['credentials_corrupt'] })
  })

  it('that it is a whatsapp-web.js browser profile, into which it does not look', async () => {
    const directory = newDirectory()
    mkdirSync(join(directory, 'session-a', 'Default'), { recursive: true, mode: 0o755 })
    writeFileSync(join(directory, 'session-a', 'First Run'), '')
    expect(await examine(directory, ['--repair'])).toMatchObject({
      code: 1,
      session: { state: 'legacy', records: 0, repairs: [] },
      findings: ['legacy_session'],
    })
  })

  it('that it is run, by whom', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storePaired(store, 'a')
    const lease = await store.lock.acquire('a')
    expect(await examine(directory)).toMatchObject({ code: 0, session: { state: 'restorable', owner: lease?.owner, ownerPid: process.pid } })
    expect((await doctor(directory)).output).toContain(`a: restorable, running in ${lease?.owner ?? ''} (pid ${process.pid}), `)
    await lease?.release()
    expect((await examine(directory)).session?.owner).toBeNull()
  })

  it('that records cannot be read, and how many', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    writeFileSync(join(directory, 'session-a', 'session-1.0.json'), '', { mode: 0o600 })
    writeFileSync(join(directory, 'session-a', 'session-2.0.json'), '{"_sess', { mode: 0o600 })
    expect(await examine(directory)).toMatchObject({
      code: 1,
      session: { state: 'restorable', records: 6 },
      findings: ['records_unreadable'],
      messages: expect.stringMatching(/^2 records cannot be read/u),
    })
  })

  it('that there are keys without credentials, and folders of something else', async () => {
    const directory = newDirectory()
    await fileStore(directory).write('a', someKeys(2))
    expect(await examine(directory)).toMatchObject({
      code: 1,
      session: { state: 'never_paired', records: 2 },
      findings: ['credentials_missing'],
      messages: expect.not.stringContaining('.creds.backup.json'),
    })
    const other = newDirectory()
    mkdirSync(join(other, 'session-b', 'photos'), { recursive: true, mode: 0o700 })
    chmodSync(join(other, 'session-b', 'photos'), 0o700)
    expect(await examine(other)).toMatchObject({ code: 1, findings: ['not_a_session'] })
    // Named as a record, and none.
    writeFileSync(join(other, 'session-b', 'package-lock.json'), '{}', { mode: 0o600 })
    expect(await examine(other)).toMatchObject({
      code: 1,
      session: { records: 1 },
      findings: ['not_a_session'],
      messages: expect.stringContaining('contains 1 other file or folder, but no credentials'),
    })
  })

  it('nothing of a session of which only something is remembered', async () => {
    const directory = newDirectory()
    await fileStore(directory).write('a', [{ ...LIFECYCLE_KEY, value: encodeLifecycle(freshLifecycle(null)) }])
    expect(await examine(directory)).toMatchObject({ code: 0, session: { state: 'never_paired', records: 1 }, findings: [] })
    await fileStore(directory).write('a', someKeys(1))
    expect(await examine(directory)).toMatchObject({ code: 1, session: { records: 2 }, findings: ['credentials_missing'] })
  })

  it('that the credentials are gone, and their copy is not', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    for (const name of readdirSync(join(directory, 'session-a')).filter((file) => !file.startsWith('.creds'))) rmSync(join(directory, 'session-a', name))
    expect(await examine(directory)).toMatchObject({
      code: 1,
      session: { state: 'never_paired', records: 0 },
      findings: ['credentials_missing'],
      messages: expect.stringMatching(/^(?!.*(delete|pair)).*The file .creds.backup.json in its folder has the credentials as they were last written/u),
    })
  })

  it('no number that stands in the name of a file, unless it is asked for', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    for (const id of ['a', '4930123456789']) {
      await storePaired(store, id)
      await store.write(id, [{ type: 'session', id: `${PHONE}.0`, value: '{}' }])
      chmodSync(join(directory, `session-${id}`, `session-${PHONE}.0.json`), 0o644)
    }
    const { output } = await doctor(directory)
    expect(output).toContain(`/session-a/session-${MASKED}.0.json with mode 0644`)
    expect(output).toContain(`/session-4930123456789/session-${MASKED}.0.json with mode 0644`)
    expect((await doctor(directory, ['--json'])).output).not.toContain(PHONE)
    expect((await doctor(directory, ['--show-numbers'])).output).toContain(`/session-a/session-${PHONE}.0.json`)
  })

  it('that links are in the place of files, and that a session is one itself', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    symlinkSync('/etc/hostname', join(directory, 'session-a', 'session-1.0.json'))
    expect(await examine(directory)).toMatchObject({ code: 1, findings: ['records_unreadable', 'symbolic_links'] })
    const linked = newDirectory()
    mkdirSync(linked, { mode: 0o700 })
    symlinkSync(join(directory, 'session-a'), join(linked, 'session-a'))
    expect(await examine(linked)).toMatchObject({ code: 1, session: { state: 'unavailable' } })
  })

  it('beside others, of which one that cannot be read hides none', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    for (const id of ['c', 'a', 'b']) await storePaired(store, id)
    writeFileSync(join(directory, 'session-b', 'creds.json'), '', { mode: 0o600 })
    writeFileSync(join(directory, 'session-b', '.creds.backup.json'), '', { mode: 0o600 })
    const { code, sessions, needsPerson } = await report(directory)
    expect({ code, needsPerson, states: sessions.map(({ sessionId, state }) => `${sessionId} ${state}`) }).toEqual({
      code: 1,
      needsPerson: true,
      states: ['a restorable', 'b corrupt', 'c restorable'],
    })
    const { output } = await doctor(directory)
    expect(output.trimEnd().split('\n').at(-1)).toBe('3 sessions: 2 restorable, 1 corrupt. 1 session needs a person.')
  })
})

describe('doctor tells of a store', () => {
  it('that it is empty', async () => {
    const directory = newDirectory()
    mkdirSync(directory, { mode: 0o700 })
    expect(await doctor(directory)).toEqual({ code: 0, output: 'No sessions.\n', errors: '' })
    expect(await report(directory)).toEqual({ code: 0, version: 1, server: null, store: `fs:${directory}`, needsPerson: false, findings: [], sessions: [] })
  })

  it('that it is the folder of one session, as stock code is given it', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    expect(await report(join(directory, 'session-a'))).toMatchObject({ code: 1, needsPerson: true, sessions: [], findings: [{ code: 'is_a_session' }] })
  })

  it('that others may move sessions in and out', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    chmodSync(directory, 0o777)
    expect(await report(directory)).toMatchObject({ code: 1, findings: [{ code: 'directory_writable' }] })
    chmodSync(directory, 0o1777)
    expect(await report(directory)).toMatchObject({ code: 0, findings: [] })
    chmodSync(directory, 0o755)
    expect(await report(directory)).toMatchObject({ code: 0, findings: [] })
  })

  it('under another prefix what is there', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory, ''), 'company-1')
    await storePaired(fileStore(directory, ''), 'company-2')
    mkdirSync(join(directory, 'photos'))
    expect(await report(directory)).toMatchObject({
      code: 1,
      needsPerson: true,
      sessions: [],
      findings: [{ code: 'other_prefix', message: expect.stringMatching(/begins with "session-", but "company-1" and 1 more have credentials\./u) }],
    })
    expect((await runCommand(['doctor', `fs:${directory}?prefix=company-`])).output).toContain('1: restorable')
    expect((await runCommand(['doctor', `fs:${directory}?prefix=`])).output).toContain('company-1: restorable')
    // Two stores may share a directory.
    await storePaired(fileStore(directory), 'a')
    expect(await report(directory)).toMatchObject({ code: 0, findings: [] })
  })

  it('and is told to stop between two sessions', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    expect(await doctor(directory, [], { signal: AbortSignal.abort() })).toEqual({ code: 130, output: '', errors: '' })
  })
})

describe('doctor without --repair', () => {
  it('changes nothing, whatever is wrong', async () => {
    const directory = newDirectory()
    const store = fileStore(directory)
    await storePaired(store, 'a')
    await storePaired(store, 'b')
    const folder = join(directory, 'session-a')
    writeFileSync(join(folder, '.0123456789abcdef01.tmp'), 'cut off', { mode: 0o600 })
    writeFileSync(join(folder, 'creds.json'), '')
    chmodSync(join(folder, 'pre-key-1.json'), 0o644)
    const before = snapshot(directory)
    expect((await doctor(directory)).code).toBe(1)
    expect((await doctor(directory, ['--json'])).code).toBe(1)
    expect(snapshot(directory)).toEqual(before)
  })

  it.each(['doctor', 'list'])('%s makes no store that is not there', async (command) => {
    const directory = newDirectory()
    for (const store of [`fs:${directory}`, `sqlite:${directory}.db`]) {
      expect(await runCommand([command, store])).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('does not exist') })
    }
    expect([existsSync(directory), existsSync(`${directory}.db`)]).toEqual([false, false])
  })

  it('says what else may be meant by a name', async () => {
    const directory = newDirectory()
    await storePaired(fileStore(directory), 'a')
    const file = join(directory, 'session-a', 'creds.json')
    expect(await runCommand(['doctor', `fs:${file}`])).toMatchObject({ code: 1, errors: `${file} is not a folder. For a database, use sqlite:${file}.\n` })
    expect(await runCommand(['doctor', `sqlite:${directory}`])).toMatchObject({
      code: 1,
      errors: `${directory} is not a file. For a folder of sessions, use fs:${directory}.\n`,
    })
    expect((await runCommand(['list', 'fs:~/sessions'], { directory })).errors).toContain('Use $HOME')
    expect(readFileSync(file, 'utf8')).not.toBe('')
  })
})
