import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { type Circumstances, runCommand } from './command-line.js'
import { fileStore, PHONE, storePaired } from './stored-sessions.js'

const PASSPHRASE = 'canary passphrase of the keys'

/** Every secret in a text of credentials, as it could be printed. */
function secretsOf(creds: string): string[] {
  return [...creds.matchAll(/"(?:data|advSecretKey)":"([^"]{12,})"/gu)].flatMap(([, text = '']) => [text, Buffer.from(text, 'base64').toString('hex')])
}

interface Sealed {
  folder: string
  store: string
  keys: string
  secrets: string[]
}

/** A store with sessions of every kind of trouble, half of it encrypted, and all that must not be told of it. */
async function troubledStore(): Promise<Sealed> {
  const folder = temporaryFolder()
  const store = fileStore(join(folder, 'sessions'))
  const secrets = [PASSPHRASE, 'canary-key', 'canary-broken']
  for (const id of ['plain', 'sealed', 'broken', 'cut', 'swapped', 'typed']) secrets.push(...secretsOf(await storePaired(store, id)))
  await store.close()
  const keys = join(folder, 'keys.json')
  const bytes = Buffer.alloc(32, 201)
  secrets.push(bytes.toString('base64').slice(0, 20), bytes.toString('hex').slice(0, 20))
  writeFileSync(
    keys,
    JSON.stringify({ currentKeyId: 'b', keys: { a: { passphrase: PASSPHRASE, salt: 'sixteen bytes of salt' }, b: bytes.toString('base64') } }),
    { mode: 0o600 },
  )
  const at = (...parts: string[]): string => join(folder, 'sessions', ...parts)
  await runCommand(['copy', `fs:${at()}`, `fs:${folder}/other`, '--to-key-file', keys])
  writeFileSync(at('session-sealed', 'creds.json'), readFileSync(join(folder, 'other', 'session-sealed', 'creds.json')))
  for (const file of ['creds.json', '.creds.backup.json']) {
    writeFileSync(at('session-broken', file), `{"noiseKey":{"canary-broken":"${secrets[3] ?? ''}"}}`)
    writeFileSync(at('session-cut', file), readFileSync(at('session-cut', 'creds.json'), 'utf8').slice(0, 900))
    writeFileSync(at('session-swapped', file), readFileSync(join(folder, 'other', 'session-plain', 'creds.json')))
  }
  writeFileSync(at('session-typed', `session-${PHONE}.0.json`), '{"canary-broken', { mode: 0o600 })
  writeFileSync(at('session-typed', '.names.json'), 'canary-broken', { mode: 0o600 })
  writeFileSync(at('session-plain', 'pre-key-1.json'), '{"secret":"canary-key-0')
  return { folder, store: `fs:${at()}`, keys, secrets }
}

it('no command prints key material, whatever is wrong, and no number without being asked', async () => {
  const { folder, store, keys, secrets } = await troubledStore()
  const broken = join(folder, 'broken.json')
  writeFileSync(broken, `{"currentKeyId":"a","keys":{"a":"${PASSPHRASE}"}}`, { mode: 0o600 })
  const terminal: Circumstances = { isTerminal: true, input: 'plain\n' }
  const runs: readonly (readonly [args: string[], circumstances?: Circumstances])[] = [
    [['doctor', store]],
    [['doctor', store, '--json']],
    [['doctor', store, '--json', '--key-file', keys]],
    [['doctor', store, '--key-file', keys], terminal],
    [['list', store]],
    [['list', store, '--json']],
    [['status', store]],
    [['status', store, '--json', '--key-file', keys]],
    [['status', store, 'swapped'], terminal],
    [['link', store, 'new', '--code', '12']],
    [['link', store, 'new', '--print-qr']],
    [['link', store, 'plain', '--print-qr', '--key-file', keys]],
    [['copy', store, `fs:${folder}/to`]],
    [['copy', store, `fs:${folder}/to`, '--from-key-file', keys, '--allow-plain'], terminal],
    [['copy', store, `fs:${folder}/to`, '--overwrite', '--to-key-file', keys]],
    [['encrypt', store, '--key-file', broken]],
    [['encrypt', store, '--key-file', keys, '--old-key-file', broken]],
    [['encrypt', store, '--key-file', keys]],
    [['encrypt', store, '--key-file', keys], terminal],
    [['doctor', store, '--repair', '--json', '--key-file', keys]],
    [['delete', store, 'plain'], terminal],
    [['delete', store, 'broken', '--yes']],
    [['new-key', `${folder}/new.json`]],
    [['new-key', keys]],
  ]
  let told = 0
  for (const [args, circumstances] of runs) {
    const { output, errors } = await runCommand(args, circumstances)
    const text = `${output}\n${errors}`
    told += text.length
    for (const secret of secrets) expect(text.includes(secret), `${args.join(' ')} told ${secret}`).toBe(false)
    expect(text, args.join(' ')).not.toContain(PHONE)
    expect(text, args.join(' ')).not.toMatch(/ at \S.*:\d+:\d+/u)
  }
  expect([secrets.length > 50, told > 3000]).toEqual([true, true])
  const made = JSON.parse(readFileSync(`${folder}/new.json`, 'utf8')) as { keys: Record<string, string> }
  expect(Object.values(made.keys)).toHaveLength(1)
})
