import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { maskPrivate } from '../../src/cli/terminal-text.js'
import { CREDS_KEY, encrypted, LIFECYCLE_KEY } from '../../src/index.js'
import { pairedCreds, simulated } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, MASKED, PHONE, snapshot, storeCreds, storePaired } from './stored-sessions.js'

const KEY = Buffer.alloc(32, 7)

/** A store that is not there yet, and where it would be. */
function newStore(): { name: string; directory: string; folder: string } {
  const folder = temporaryFolder()
  return { folder, directory: join(folder, 'sessions'), name: `fs:${join(folder, 'sessions')}` }
}

function keyFile(folder: string, keyId: string, key: Buffer): string {
  const file = join(folder, `${keyId}.json`)
  writeFileSync(file, JSON.stringify({ currentKeyId: keyId, keys: { [keyId]: key.toString('base64') } }), { mode: 0o600 })
  return file
}

describe('link, called wrongly', () => {
  it.each([
    ['a session id with control characters', ['a\u0007b', '--code', PHONE], /The session id .* is invalid: it contains control characters/u],
    ['a session id that is too long', ['x'.repeat(200), '--code', PHONE], /is invalid: it has 200 characters/u],
    ['an empty session id', ['', '--code', PHONE], /<id> of "link" is empty/u],
    ['a number without its country code', ['acme', '--code', '0171 2345678'], /international form, such as .*: this does not begin with a country code/u],
    ['a number that is too short', ['acme', '--code', '1234567'], /it must have 8 to 15 digits, but has 7/u],
    ['what is no number', ['acme', '--code', 'my phone'], /only spaces and punctuation are allowed between digits/u],
    ['an empty number', ['acme', '--code', ''], /international form/u],
    ['a pipe for the QR', ['acme'], /A QR is a secret, and stdout is not a terminal\. Pass --print-qr/u],
    ['an unknown option', ['acme', '--qr'], /Unknown option --qr\. Options: --code, --key-file, --lang, --print-qr, --simulated\./u],
    ['a language that it does not speak', ['acme', '--code', PHONE, '--lang', 'de'], /Unknown language "de"\. Languages: en, pt-br, es\./u],
  ])('%s: a sentence, exit code 2, and nothing made', async (_name, args, message) => {
    const { name, folder } = newStore()
    const before = snapshot(folder)
    expect(await runCommand(['link', name, ...args])).toEqual({ code: 2, output: '', errors: expect.stringMatching(message) })
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('link, refused', () => {
  const refused = async (name: string, sessionId: string, ...options: string[]): Promise<string> => {
    const { code, output, errors } = await runCommand(['link', name, sessionId, '--code', PHONE, ...options])
    expect([code, output]).toEqual([1, ''])
    return errors
  }

  it('for a session that is linked already', async () => {
    const { name, directory } = newStore()
    await storePaired(fileStore(directory), 'acme')
    await storePaired(fileStore(directory), 'stopped', { desired: 'stopped' })
    const before = snapshot(directory)
    expect(await refused(name, 'acme')).toContain(`Session "acme" is already linked to ${MASKED}. Nothing was changed.`)
    expect(await refused(name, 'stopped')).toContain('is already linked')
    expect(snapshot(directory)).toEqual(before)
  })

  it('for a session that another process runs', async () => {
    const { name, directory } = newStore()
    const store = fileStore(directory)
    const lease = await store.lock.acquire('acme')
    expect(await refused(name, 'acme')).toContain(`Session "acme" is running in ${maskPrivate(lease?.owner ?? '?', [])}. Stop it there first.`)
    await lease?.release()
  })

  it('for credentials that cannot be read', async () => {
    const { name, directory } = newStore()
    await fileStore(directory).write('acme', [{ ...CREDS_KEY, value: '{"half' }])
    expect(await refused(name, 'acme')).toMatch(/The saved credentials of session "acme" cannot be read/u)
  })

  it('for an encrypted store without its keys, or with others', async () => {
    const { name, directory, folder } = newStore()
    await storePaired(encrypted(fileStore(directory), { currentKeyId: 'a', keys: { a: KEY } }), 'other')
    const before = snapshot(directory)
    expect(await refused(name, 'acme')).toContain('is encrypted. Give its keys with --key-file.')
    expect(await refused(name, 'acme', '--key-file', keyFile(folder, 'b', Buffer.alloc(32, 8)))).toContain('The keys in --key-file do not open "other"')
    expect(await refused(name, 'acme', '--key-file', join(folder, 'none.json'))).toContain('cannot be opened')
    expect(snapshot(directory)).toEqual(before)
  })

  it('for a simulated session among real ones, and the other way round', async () => {
    const { name, directory } = newStore()
    await storePaired(fileStore(directory), 'real')
    const before = snapshot(directory)
    expect(await runCommand(['link', name, 'demo', '--simulated'])).toEqual({
      code: 1,
      output: '',
      errors: expect.stringContaining('contains "real", which is not a simulated session.'),
    })
    expect(snapshot(directory)).toEqual(before)

    const other = newStore()
    const store = fileStore(other.directory)
    await simulated(store).write(
      'demo',
      [
        { ...LIFECYCLE_KEY, value: '{}' },
        { ...CREDS_KEY, value: '{}' },
      ],
      { replaceAll: true },
    )
    expect(await refused(other.name, 'acme')).toContain('contains "demo", which was linked with --simulated and does not exist for WhatsApp.')
  })

  it('for the folder of one session, another prefix, and a folder of something else', async () => {
    const { name, directory } = newStore()
    await storePaired(fileStore(directory, 'wa-'), 'acme')
    expect(await refused(name, 'other')).toContain('No folder in')
    expect(await refused(`${name}/wa-acme`, 'other')).toContain('is the folder of a single session')
    mkdirSync(join(directory, 'wa-photos'))
    writeFileSync(join(directory, 'wa-photos', 'cat.jpg'), '')
    expect(await refused(`${name}?prefix=wa-`, 'photos')).toContain('1 other file or folder')
    expect(existsSync(join(directory, 'wa-photos', 'cat.jpg'))).toBe(true)
  })

  it('for a database of something else, and a path that is neither', async () => {
    const { folder } = newStore()
    writeFileSync(join(folder, 'notes.txt'), 'text')
    expect(await refused(`fs:${folder}/notes.txt`, 'acme')).toContain('is not a folder')
    expect(await refused(`sqlite:${folder}/notes.txt`, 'acme')).toMatch(/\S/u)
  })

  it('reads a session with its keys before it says that it is linked', async () => {
    const { name, directory, folder } = newStore()
    await storeCreds(encrypted(fileStore(directory), { currentKeyId: 'a', keys: { a: KEY } }), 'acme', pairedCreds({ phone: PHONE }))
    expect(await refused(name, 'acme', '--key-file', keyFile(folder, 'a', KEY))).toContain('is already linked')
  })
})
