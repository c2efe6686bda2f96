import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CommandError } from '../../src/cli/command-environment.js'
import { mergeKeyFiles, parseKeyFile, readKeyFile } from '../../src/cli/store-view.js'
import { CREDS_KEY, encrypted, keyFromFile, MemorySessionStore } from '../../src/index.js'
import { canMount, SmallDisk } from '../faults/support/small-disk.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'

const KEY = Buffer.alloc(32, 7)
const BASE64 = KEY.toString('base64')
const parse = (content: unknown): ReturnType<typeof parseKeyFile> => parseKeyFile(JSON.stringify(content), 'keys.json')

it('that new-key made opens a store of an application', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'keys.json')
  await runCommand(['new-key', file])
  const inner = new MemorySessionStore()
  await encrypted(inner, await keyFromFile(file)).write('a', [{ ...CREDS_KEY, value: 'secret' }])
  expect((await inner.read('a', [CREDS_KEY]))[0]?.value).toMatch(/^\{"encrypted":1,"keyId":"key-/u)
  expect(await encrypted(inner, await keyFromFile(file)).read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'secret' }])
  expect((await runCommand(['new-key', '--help'])).output).toContain('encrypted(store, await keyFromFile(')
  chmodSync(file, 0o644)
  await expect(keyFromFile(file)).rejects.toMatchObject({ name: 'SessionError', code: 'STORE_UNAVAILABLE', message: expect.stringContaining('has mode 0644') })
  await expect(keyFromFile(join(folder, 'none.json'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('none.json') })
  await expect(keyFromFile(new URL(`file://${file}`) as unknown as string)).rejects.toThrow(TypeError)
})

describe('a key file', () => {
  it('holds keys of 32 bytes and passphrases', () => {
    const passphrase = { passphrase: 'correct horse battery', salt: 'sixteen bytes of salt' }
    expect(parse({ currentKeyId: 'b', keys: { a: BASE64, b: passphrase } })).toEqual({ currentKeyId: 'b', keys: { a: KEY, b: passphrase } })
  })

  it('may begin with the mark that some editors put before UTF-8', () => {
    expect(parseKeyFile(`\uFEFF{"currentKeyId":"a","keys":{"a":"${BASE64}"}}\r\n`, 'keys.json').keys).toEqual({ a: KEY })
  })

  it('may give a key any id', () => {
    const read = parseKeyFile(`{"currentKeyId":"__proto__","keys":{"__proto__":"${BASE64}"}}`, 'keys.json')
    expect(Object.entries(mergeKeyFiles(read, [read]).keys)).toEqual([['__proto__', KEY]])
  })

  it.each([
    ['a key and nothing else', BASE64],
    ['a line end within the base64', `{"currentKeyId":"a","keys":{"a":"${BASE64}\\n"}}`],
    ['no JSON', '{ "canary"'],
    ['a list', '["canary"]'],
    ['no keys', '{"currentKeyId":"canary"}'],
    ['keys in a list', '{"currentKeyId":"a","keys":["canary"]}'],
    ['a key in hexadecimal', `{"currentKeyId":"a","keys":{"a":"${KEY.toString('hex')}"}}`],
    ['a short key', '{"currentKeyId":"a","keys":{"a":"Y2FuYXJ5"}}'],
    ['a number', '{"currentKeyId":"a","keys":{"a":5}}'],
    ['a passphrase without salt', '{"currentKeyId":"a","keys":{"a":{"passphrase":"canary"}}}'],
    ['a current key that is missing', `{"currentKeyId":"canary","keys":{"a":"${BASE64}"}}`],
    ['nothing', ''],
  ])('is refused for %s, and not quoted', (_what, text) => {
    try {
      parseKeyFile(text, 'keys.json')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(CommandError)
      expect((error as CommandError).message).not.toMatch(/canary|0707|BwcHBwcH/u)
      expect((error as CommandError).message).toContain('keys.json')
    }
  })

  it('is read only when nobody else may', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'keys.json')
    writeFileSync(file, JSON.stringify({ currentKeyId: 'a', keys: { a: BASE64 } }))
    for (const mode of [0o644, 0o640, 0o620, 0o604]) {
      chmodSync(file, mode)
      await expect(readKeyFile('keys.json', folder)).rejects.toThrow(
        `The key file keys.json has mode 0${mode.toString(8)}, so others can read or replace the keys. Restrict it to its owner: chmod 600.`,
      )
    }
    chmodSync(file, 0o400)
    expect((await readKeyFile('keys.json', folder)).keys).toEqual({ a: KEY })
  })

  it('is named in the error when it cannot be read', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'folder'), { mode: 0o700 })
    await expect(readKeyFile('missing.json', folder)).rejects.toThrow(/missing\.json cannot be opened: ENOENT/u)
    await expect(readKeyFile('folder', folder)).rejects.toThrow('The key file folder is a folder.')
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')])
    await expect(readKeyFile('pipe', folder)).rejects.toThrow('The key file pipe is a named pipe.')
  })

  it('may be joined with older ones, as long as an id means one key', () => {
    const [a, b] = [parse({ currentKeyId: 'a', keys: { a: BASE64 } }), parse({ currentKeyId: 'b', keys: { b: { passphrase: 'p', salt: 's' } } })]
    expect(mergeKeyFiles(a, [b, a, b])).toEqual({ currentKeyId: 'a', keys: { ...a.keys, ...b.keys } })
    expect(() => mergeKeyFiles(a, [parse({ currentKeyId: 'a', keys: { a: Buffer.alloc(32, 8).toString('base64') } })])).toThrow(
      /two different keys with the id "a"/u,
    )
    expect(() => mergeKeyFiles(a, [parse({ currentKeyId: 'a', keys: { a: { passphrase: 'p', salt: 's' } } })])).toThrow(CommandError)
    expect(() => mergeKeyFiles(b, [parse({ currentKeyId: 'b', keys: { b: { passphrase: 'q', salt: 's' } } })])).toThrow(CommandError)
  })
})

describe('new-key', () => {
  it('makes a file that is read back, for its owner alone, and another key each time', async () => {
    const directory = temporaryFolder()
    const [one, two] = [await runCommand(['new-key', 'one.json'], { directory }), await runCommand(['new-key', 'two.json'], { directory })]
    expect([one.code, two.code]).toEqual([0, 0])
    const [first, second] = [await readKeyFile('one.json', directory), await readKeyFile('two.json', directory)]
    expect(Object.values(mergeKeyFiles(first, [second]).keys)).toHaveLength(2)
    expect(statSync(join(directory, 'one.json')).mode & 0o777).toBe(0o600)
    const key = Buffer.from(Object.values(first.keys)[0] as Uint8Array)
    expect(key).toHaveLength(32)
    expect(`${one.output}${one.errors}`).not.toContain(key.toString('base64'))
  })

  it('overwrites nothing', async () => {
    const directory = temporaryFolder()
    writeFileSync(join(directory, 'one.json'), 'precious')
    expect(await runCommand(['new-key', 'one.json'], { directory })).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('already exists') })
    expect(readFileSync(join(directory, 'one.json'), 'utf8')).toBe('precious')
    expect(await runCommand(['new-key', 'no/where.json'], { directory })).toMatchObject({
      code: 1,
      errors: expect.stringContaining('could not be written: ENOENT'),
    })
  })

  it('names it with no digits in a row that could be taken for those of a phone, and masked in a message', async () => {
    const directory = temporaryFolder()
    await runCommand(['new-key', 'keys.json'], { directory })
    expect((await readKeyFile('keys.json', directory)).currentKeyId).toMatch(/^key-[0-9a-f]{4}-[0-9a-f]{4}$/u)
  })

  it.runIf(canMount())('leaves no half of a file where the disk is full, so that it can be tried again', async () => {
    using disk = new SmallDisk()
    disk.fill()
    const file = join(disk.path, 'keys.json')
    expect(await runCommand(['new-key', file])).toMatchObject({ code: 1, output: '', errors: expect.stringContaining('could not be written: ENOSPC') })
    expect(existsSync(file)).toBe(false)
    disk.empty()
    expect((await runCommand(['new-key', file])).code).toBe(0)
  })
})
