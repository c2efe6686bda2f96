import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DoctorReport } from '../../src/cli/doctor/doctor-report.js'
import { readKeyFile } from '../../src/cli/store-view.js'
import { CREDS_KEY, encrypted } from '../../src/index.js'
import { pairedCreds } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, someKeys, storePaired } from './stored-sessions.js'

interface Place {
  folder: string
  store: string
  keys: string
  creds: string
}

/** A plain store with two sessions, and a key file. */
async function place(): Promise<Place> {
  const folder = temporaryFolder()
  const store = fileStore(join(folder, 'sessions'))
  const creds = await storePaired(store, 'a')
  await storePaired(store, 'b')
  await store.close()
  const keys = join(folder, 'keys.json')
  expect((await runCommand(['new-key', keys])).code).toBe(0)
  return { folder, store: `fs:${folder}/sessions`, keys, creds }
}

async function doctor(
  store: string,
  options: string[] = [],
): Promise<{ code: number; sessions: { state: string; encryption: string; phoneNumber: string | null; findings: string[] }[] }> {
  const { code, output } = await runCommand(['doctor', store, '--json', ...options])
  const { sessions } = JSON.parse(output) as DoctorReport
  return {
    code,
    sessions: sessions.map(({ state, encryption, phoneNumber, findings }) => ({
      state,
      encryption,
      phoneNumber,
      findings: findings.map((finding) => finding.code),
    })),
  }
}

const textsIn = (folder: string): string[] => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))

describe('encrypt', () => {
  it('encrypts a plain store, which an application with these keys reads', async () => {
    const { folder, store, keys, creds } = await place()
    expect(await runCommand(['encrypt', store, '--key-file', keys])).toMatchObject({ code: 0, output: 'Encrypted 2 sessions, 0 unchanged, 0 failed.\n' })
    for (const text of textsIn(join(folder, 'sessions', 'session-a'))) {
      expect(text).not.toContain('canary')
      expect(text).not.toContain('noiseKey')
    }
    const [record] = await encrypted(fileStore(join(folder, 'sessions')), await readKeyFile(keys, '/')).read('a', [CREDS_KEY])
    expect(record?.value).toBe(creds)
    expect(await runCommand(['encrypt', store, '--key-file', keys])).toMatchObject({ code: 0, output: 'Encrypted 0 sessions, 2 unchanged, 0 failed.\n' })
  })

  it('renews a copy of the credentials that a write which was cut off has left as it was', async () => {
    const { folder, store, keys, creds } = await place()
    const copy = join(folder, 'sessions', 'session-a', '.creds.backup.json')
    await runCommand(['encrypt', store, '--key-file', keys])
    writeFileSync(copy, creds)
    expect(await runCommand(['encrypt', store, '--key-file', keys])).toMatchObject({ code: 0, output: 'Encrypted 0 sessions, 2 unchanged, 0 failed.\n' })
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(join(folder, 'sessions', 'session-a', 'creds.json'), 'utf8'))
    const old = readFileSync(copy, 'utf8')
    await runCommand(['new-key', join(folder, 'newer.json')])
    const rotate = ['encrypt', store, '--key-file', join(folder, 'newer.json'), '--old-key-file', keys]
    await runCommand(rotate)
    writeFileSync(copy, old)
    expect((await runCommand(rotate)).code).toBe(0)
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(join(folder, 'sessions', 'session-a', 'creds.json'), 'utf8'))
  })

  it('removes no copy of credentials that are gone, and says that it is not encrypted', async () => {
    const { folder, store, keys, creds } = await place()
    const session = join(folder, 'sessions', 'session-a')
    rmSync(join(session, 'creds.json'))
    const { code, errors } = await runCommand(['encrypt', store, '--key-file', keys])
    expect([code, errors]).toEqual([
      1,
      expect.stringContaining(`${session}/.creds.backup.json contains a copy of credentials that is not encrypted with the current key`),
    ])
    expect(readFileSync(join(session, '.creds.backup.json'), 'utf8')).toBe(creds)
    // As it advises.
    renameSync(join(session, '.creds.backup.json'), join(session, 'creds.json'))
    expect((await runCommand(['encrypt', store, '--key-file', keys, '--allow-plain'])).code).toBe(0)
    expect(await doctor(store, ['--key-file', keys])).toMatchObject({
      code: 0,
      sessions: [{ state: 'restorable', encryption: 'encrypted' }, { state: 'restorable' }],
    })
  })

  it.each([
    [
      'one byte that is no text',
      (_sealed: string, plain: string) => Buffer.concat([Buffer.from(plain.slice(0, 10)), Buffer.from([0xff]), Buffer.from(plain.slice(11))]),
    ],
    ['the beginning of what it was to become', (sealed: string, plain: string) => sealed.slice(0, 512) + plain.slice(512)],
    ['nothing', () => ''],
  ])('renews a copy of the credentials that is damaged, by %s', async (_what, damage) => {
    const { folder, store, keys, creds } = await place()
    const session = join(folder, 'sessions', 'session-a')
    const copy = join(session, '.creds.backup.json')
    await runCommand(['encrypt', store, '--key-file', keys])
    writeFileSync(copy, damage(readFileSync(copy, 'utf8'), creds))
    expect((await runCommand(['encrypt', store, '--key-file', keys])).code).toBe(0)
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(join(session, 'creds.json'), 'utf8'))
  })

  it('encrypts nothing in a folder that is none of a store', async () => {
    const { store, keys } = await place()
    expect(await runCommand(['encrypt', `${store}/session-a`, '--key-file', keys])).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringContaining('is the folder of a single session'),
    })
    expect(await runCommand(['encrypt', `${store}?prefix=company-`, '--key-file', keys])).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringContaining('No folder in'),
    })
  })

  it.each(['package-lock.json', 'creds.json'])('encrypts no file named %s in a folder of something else', async (file) => {
    const { folder, store, keys } = await place()
    const project = join(folder, 'sessions', 'project')
    mkdirSync(join(project, 'src'), { recursive: true })
    writeFileSync(join(project, file), '{"token":"of something else"}')
    const { code, output, errors } = await runCommand(['encrypt', `${store}?prefix=`, '--key-file', keys])
    expect([code, output]).toEqual([1, 'Encrypted 2 sessions, 0 unchanged, 0 failed.\n'])
    expect(errors).toMatch(/project contains 1 other file or folder, but no readable credentials.*Nothing in it was encrypted\./u)
    expect(readFileSync(join(project, file), 'utf8')).toBe('{"token":"of something else"}')
    // One that keeps something else beside encrypted credentials is a session.
    mkdirSync(join(folder, 'sessions', 'session-a', 'media'))
    rmSync(join(folder, 'sessions', 'session-a', '.creds.backup.json'))
    rmSync(project, { recursive: true })
    expect(await runCommand(['encrypt', `${store}?prefix=`, '--key-file', keys])).toMatchObject({
      code: 0,
      output: 'Encrypted 0 sessions, 2 unchanged, 0 failed.\n',
    })
  })

  it('moves records to a new key with the old ones, and nothing without them', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    const newer = join(folder, 'newer.json')
    await runCommand(['new-key', newer])
    expect(await runCommand(['encrypt', store, '--key-file', newer])).toMatchObject({
      code: 1,
      output: 'Encrypted 0 sessions, 0 unchanged, 2 failed.\n',
      errors: expect.stringContaining('which you did not give'),
    })
    expect((await doctor(store, ['--key-file', keys])).code).toBe(0)
    expect(await runCommand(['encrypt', store, '--key-file', newer, '--old-key-file', keys])).toMatchObject({
      code: 0,
      output: 'Encrypted 2 sessions, 0 unchanged, 0 failed.\n',
    })
    expect((await doctor(store, ['--key-file', newer])).code).toBe(0)
    expect(await doctor(store, ['--key-file', keys])).toMatchObject({ code: 1, sessions: [{ state: 'locked', findings: ['wrong_key'] }, { state: 'locked' }] })
  })

  it('leaves plain records among encrypted ones as they are, names and counts them, and moves the others to the new key', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    const session = join(folder, 'sessions', 'session-a')
    const planted = pairedCreds({ phone: '5511966666666' })
    writeFileSync(join(session, 'creds.json'), planted, { mode: 0o600 })
    writeFileSync(join(session, 'pre-key-3.json'), someKeys(1)[0]?.value ?? '', { mode: 0o600 })
    const newer = join(folder, 'newer.json')
    await runCommand(['new-key', newer])
    const rotate = ['encrypt', store, '--key-file', newer, '--old-key-file', keys]
    const { code, output, errors } = await runCommand(rotate)
    expect([code, output]).toEqual([1, 'Encrypted 1 session, 0 unchanged, 1 failed.\n'])
    expect(errors).toMatch(/Session "a" has 2 records that are not encrypted: creds, pre-key "3"\. .*--allow-plain/u)
    expect(readFileSync(join(session, 'creds.json'), 'utf8')).toBe(planted)
    expect((await doctor(store, ['--key-file', newer])).sessions).toMatchObject([
      { encryption: 'mixed', findings: ['records_not_encrypted'] },
      { encryption: 'encrypted', findings: [] },
    ])
    expect(await runCommand([...rotate, '--allow-plain'])).toMatchObject({ code: 0, output: 'Encrypted 1 session, 1 unchanged, 0 failed.\n' })
  })

  it.each([
    ['their copy is encrypted', []],
    ['an older key is named', ['--old-key-file']],
  ])('takes nothing for a first encryption where %s, though every record is plain', async (_why, options) => {
    const { folder, store, keys, creds } = await place()
    for (const id of ['a', 'b']) {
      const session = join(folder, 'sessions', `session-${id}`)
      await runCommand(['encrypt', store, '--key-file', keys])
      const names = readdirSync(session)
      for (const name of names.filter((each) => each.endsWith('.json') && each !== '.creds.backup.json')) rmSync(join(session, name))
      if (options.length > 0) rmSync(join(session, '.creds.backup.json'))
      writeFileSync(join(session, 'creds.json'), creds, { mode: 0o600 })
    }
    const older = join(folder, 'older.json')
    await runCommand(['new-key', older])
    expect(await runCommand(['encrypt', store, '--key-file', keys, ...options.flatMap((option) => [option, older])])).toMatchObject({
      code: 1,
      output: 'Encrypted 0 sessions, 0 unchanged, 2 failed.\n',
      errors: expect.stringContaining('1 record that is not encrypted: creds'),
    })
    expect(readFileSync(join(folder, 'sessions', 'session-a', 'creds.json'), 'utf8')).toBe(creds)
  })

  it('goes on with a first encryption that was cut off when it is told that plain records are meant', async () => {
    const { folder, store, keys } = await place()
    const running = fileStore(join(folder, 'sessions'))
    const lease = await running.lock.acquire('a')
    expect((await runCommand(['encrypt', store, '--key-file', keys])).errors).toContain('Run the command again with --allow-plain for what is left.')
    await lease?.release()
    expect(await runCommand(['encrypt', store, '--key-file', keys])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('4 records that are not encrypted: creds, pre-key "1"'),
    })
    expect(await runCommand(['encrypt', store, '--key-file', keys, '--allow-plain'])).toMatchObject({
      code: 0,
      output: 'Encrypted 1 session, 1 unchanged, 0 failed.\n',
    })
  })

  it('leaves out what is run, and does the others', async () => {
    const { folder, store, keys } = await place()
    const running = fileStore(join(folder, 'sessions'))
    const lease = await running.lock.acquire('a')
    expect(await runCommand(['encrypt', store, '--key-file', keys])).toMatchObject({
      code: 1,
      output: 'Encrypted 1 session, 0 unchanged, 1 failed.\n',
      errors: expect.stringContaining('is running session "a"'),
    })
    await lease?.release()
    expect((await doctor(store, ['--key-file', keys])).sessions).toMatchObject([
      { encryption: 'plain', findings: ['records_not_encrypted'] },
      { encryption: 'encrypted', findings: [] },
    ])
  })

  it('needs a key file, and a store', async () => {
    const { folder, store, keys } = await place()
    expect(await runCommand(['encrypt', store])).toMatchObject({ code: 2, errors: expect.stringContaining('needs --key-file') })
    expect(await runCommand(['encrypt', `fs:${folder}/nothing`, '--key-file', keys])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('does not exist'),
    })
    const weak = join(folder, 'weak.json')
    writeFileSync(weak, JSON.stringify({ currentKeyId: 'a', keys: { a: { passphrase: 'canary', salt: 'sixteen bytes of salt' } } }), { mode: 0o600 })
    expect(await runCommand(['encrypt', store, '--key-file', weak])).toMatchObject({
      code: 1,
      output: '',
      errors: expect.stringMatching(/^The keys cannot be used\. .*at least 12 characters/u),
    })
  })

  it('stops at SIGINT', async () => {
    const { store, keys } = await place()
    expect(await runCommand(['encrypt', store, '--key-file', keys], { signal: AbortSignal.abort() })).toMatchObject({ code: 130 })
    expect((await doctor(store)).sessions).toMatchObject([{ encryption: 'plain' }, { encryption: 'plain' }])
  })
})

describe('doctor of an encrypted store', () => {
  it('sees with the keys what it would see without encryption', async () => {
    const { store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    expect(await doctor(store, ['--key-file', keys])).toMatchObject({
      code: 0,
      sessions: [{ state: 'restorable', encryption: 'encrypted', phoneNumber: MASKED, findings: [] }, { state: 'restorable' }],
    })
  })

  it('says without keys that they are missing', async () => {
    const { store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    expect(await doctor(store)).toMatchObject({
      code: 1,
      sessions: [{ state: 'locked', encryption: 'encrypted', phoneNumber: null, findings: ['key_missing'] }, { state: 'locked' }],
    })
  })

  it('tells altered records from a wrong key, and what is plain among them', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    const session = join(folder, 'sessions', 'session-a')
    writeFileSync(join(session, 'pre-key-1.json'), readFileSync(join(session, 'pre-key-2.json')))
    writeFileSync(join(session, 'pre-key-3.json'), someKeys(1)[0]?.value ?? '')
    expect((await doctor(store, ['--key-file', keys])).sessions[0]).toMatchObject({
      state: 'restorable',
      encryption: 'mixed',
      findings: ['records_unreadable', 'records_not_encrypted'],
    })
    writeFileSync(join(session, 'creds.json'), readFileSync(join(folder, 'sessions', 'session-b', 'creds.json')))
    expect((await doctor(store, ['--key-file', keys])).sessions[0]).toMatchObject({ state: 'corrupt' })
  })

  it('says what is under an older key', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    const both = join(folder, 'both.json')
    const old = JSON.parse(readFileSync(keys, 'utf8')) as { keys: object }
    writeFileSync(both, JSON.stringify({ currentKeyId: 'new', keys: { ...old.keys, new: Buffer.alloc(32, 1).toString('base64') } }), { mode: 0o600 })
    expect(await doctor(store, ['--key-file', both])).toMatchObject({ code: 0, sessions: [{ state: 'restorable', findings: ['records_under_old_key'] }, {}] })
  })

  it('writes encrypted credentials back from their backup as they are, without keys', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    const file = join(folder, 'sessions', 'session-a', 'creds.json')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, '')
    expect((await runCommand(['doctor', store, '--repair'])).output).toContain('repaired: Restored the credentials from their backup.')
    expect(readFileSync(file, 'utf8')).toBe(text)
  })
})

describe('copy of an encrypted store', () => {
  it('opens with the keys of the source, and encrypts with those of the target', async () => {
    const { folder, store, keys, creds } = await place()
    const other = join(folder, 'other.json')
    await runCommand(['new-key', other])
    expect((await runCommand(['copy', store, `fs:${folder}/sealed`, '--to-key-file', keys])).code).toBe(0)
    expect((await runCommand(['copy', `fs:${folder}/sealed`, `fs:${folder}/resealed`, '--from-key-file', keys, '--to-key-file', other])).code).toBe(0)
    expect((await doctor(`fs:${folder}/resealed`, ['--key-file', other])).code).toBe(0)
    expect((await runCommand(['copy', `fs:${folder}/resealed`, `fs:${folder}/opened`, '--from-key-file', other, '--allow-plain'])).code).toBe(0)
    expect(readFileSync(join(folder, 'opened', 'session-a', 'creds.json'), 'utf8')).toBe(creds)
  })

  it('asks for the keys of the source', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['encrypt', store, '--key-file', keys])
    expect(await runCommand(['copy', store, `fs:${folder}/to`])).toMatchObject({
      code: 1,
      errors: expect.stringContaining(`${store} is encrypted. Give its keys with --from-key-file.\n`),
    })
  })

  it('puts no plain session among encrypted ones', async () => {
    const { folder, store, keys } = await place()
    await runCommand(['copy', store, `fs:${folder}/sealed`, '--session', 'a', '--to-key-file', keys])
    expect(await runCommand(['copy', store, `fs:${folder}/sealed`])).toEqual({
      code: 1,
      output: '',
      errors: `fs:${folder}/sealed is encrypted. Give its keys with --to-key-file, or pass --allow-plain. Nothing was copied.\n`,
    })
    expect((await runCommand(['list', `fs:${folder}/sealed`])).output).toBe('a\n')
  })
})
