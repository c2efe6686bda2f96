import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DoctorReport } from '../../src/cli/doctor/doctor-report.js'
import { readKeyFile } from '../../src/cli/store-view.js'
import { CREDS_KEY, encrypted } from '../../src/index.js'
import { collect } from '../support/collect.js'
import { ScriptProcess } from '../support/script-process.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, snapshot, someKeys, storePaired } from './stored-sessions.js'

/** A directory that a process has left that was killed, with journals. */
async function leftByKilledProcess(): Promise<{ folder: string; directory: string; name: string }> {
  const folder = temporaryFolder()
  const directory = join(folder, 'sessions')
  const child = new ScriptProcess('./journal-child.ts', import.meta.url, [directory])
  expect(await child.next()).toBe('written')
  await child.kill('SIGKILL')
  expect(textsUnder(directory).filter(([path, text]) => path.endsWith('journal') && text.includes('canary'))).toHaveLength(2)
  expect(existsSync(join(directory, 'session-a', 'lifecycle.json'))).toBe(false)
  return { folder, directory, name: `fs:${directory}` }
}

function textsUnder(directory: string): [path: string, text: string][] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .flatMap((path) => (lstatSync(path).isFile() ? [[path, readFileSync(path, 'utf8')]] : []))
}

const plainFiles = (directory: string): string[] => textsUnder(directory).flatMap(([path, text]) => (/canary|noiseKey/u.test(text) ? [path] : []))

const keysOf = async (directory: string, sessionId: string): Promise<string[]> =>
  (await collect(fileStore(directory).records(sessionId))).map(({ type, id }) => `${type} ${id}`.trim()).sort()

async function newKeys(folder: string): Promise<string> {
  const keys = join(folder, 'keys.json')
  expect((await runCommand(['new-key', keys])).code).toBe(0)
  return keys
}

describe('through a journal that a killed process has left', () => {
  it('list and status read, and change nothing', async () => {
    const { directory, name } = await leftByKilledProcess()
    const before = snapshot(directory)
    expect(await runCommand(['list', name])).toEqual({ code: 0, output: 'a\nb\n', errors: '' })
    expect((await runCommand(['status', name])).output).toContain(`a: stopped, not running, ${MASKED}\n`)
    expect(snapshot(directory)).toEqual(before)
  })

  it('copy copies', async () => {
    const { folder, name } = await leftByKilledProcess()
    expect(await runCommand(['copy', name, `fs:${folder}/copy`])).toMatchObject({ code: 0, output: 'Copied 2 sessions, 0 unchanged, 0 failed.\n' })
    expect(await keysOf(join(folder, 'copy'), 'a')).toEqual(['creds', 'lifecycle', 'pre-key 1', 'pre-key 2'])
    expect(await keysOf(join(folder, 'copy'), 'b')).toEqual(['pre-key 1'])
  })

  it('encrypt encrypts, and leaves no plain text anywhere', async () => {
    const { folder, directory, name } = await leftByKilledProcess()
    const keys = await newKeys(folder)
    expect(await runCommand(['encrypt', name, '--key-file', keys])).toMatchObject({ code: 0, output: 'Encrypted 2 sessions, 0 unchanged, 0 failed.\n' })
    expect(plainFiles(directory)).toEqual([])
    const store = encrypted(fileStore(directory), await readKeyFile(keys, '/'))
    expect(await store.read('a', [{ type: 'pre-key', id: '2' }])).toMatchObject([{ value: '{"secret":"canary-key-2"}' }])
    expect(await keysOf(directory, 'a')).toEqual(['creds', 'lifecycle', 'pre-key 1', 'pre-key 2'])
  })
})

describe('encrypt', () => {
  /** Encrypted records, and a journal in which one of them was plain before. */
  async function onceEncrypted(): Promise<{ folder: string; directory: string; session: string; keys: string }> {
    const folder = temporaryFolder()
    const keys = await newKeys(folder)
    const running = fileStore(join(folder, 'running'))
    const lease = await running.lock.acquire('a')
    if (lease === null) throw new Error('it is held')
    const sealing = encrypted(running, await readKeyFile(keys, '/'))
    await storePaired(running, 'other')
    const [creds] = await running.read('other', [CREDS_KEY])
    await sealing.write('a', [{ ...CREDS_KEY, value: creds?.value ?? '' }], lease)
    await running.write('a', someKeys(1), lease)
    await sealing.write('a', someKeys(1), lease)
    await running.delete('other')
    const directory = join(folder, 'sessions')
    cpSync(join(folder, 'running'), directory, { recursive: true })
    const session = join(directory, 'session-a')
    expect(plainFiles(directory)).toEqual([join(session, '.lease-1', 'journal')])
    return { folder, directory, session, keys }
  }

  it('leaves no older value in a journal either, where every record is encrypted', async () => {
    const { directory, keys } = await onceEncrypted()
    expect(await runCommand(['encrypt', `fs:${directory}`, '--key-file', keys])).toMatchObject({
      code: 0,
      output: 'Encrypted 0 sessions, 1 unchanged, 0 failed.\n',
    })
    expect(plainFiles(directory)).toEqual([])
  })

  it('tells of a journal that cannot be brought into the files', async () => {
    const { directory, session, keys } = await onceEncrypted()
    mkdirSync(join(session, 'pre-key-1.json'))
    writeFileSync(join(session, 'pre-key-1.json', 'of somebody'), '')
    const { code, errors } = await runCommand(['encrypt', `fs:${directory}`, '--key-file', keys])
    expect(code).toBe(1)
    expect(errors).toContain(`A journal in ${session} may have older values that are not encrypted`)
    const { output } = await runCommand(['doctor', `fs:${directory}`, '--key-file', keys, '--json', '--repair'])
    expect((JSON.parse(output) as DoctorReport).sessions[0]?.refusals).toEqual([
      expect.stringMatching(/^Not repaired: Could not bring the journal .*pre-key-1\.json/u),
    ])
  })
})
