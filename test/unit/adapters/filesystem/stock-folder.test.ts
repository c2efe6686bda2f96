import { initAuthCreds, type SignalDataSet, type SignalDataTypeMap, useMultiFileAuthState } from '@whiskeysockets/baileys'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { CREDS_KEY, LIFECYCLE_KEY, type RecordKey } from '../../../../src/store/session-store.js'
import { collect } from '../../../support/collect.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 256))
const keyPair = { private: bytes(32), public: bytes(32) }

/** A key of each type, under ids as real Baileys makes them. */
const keys: SignalDataSet = {
  'pre-key': { 1: keyPair, 812: keyPair },
  session: { '5511999.0': bytes(300), '98765_1.12': bytes(10) },
  'sender-key': { '5511-1400@g.us::5511999::0': bytes(50), 'status@broadcast::98765_1::3': bytes(50) },
  'sender-key-memory': { '5511-1400@g.us': { '5511999:3@s.whatsapp.net': true } },
  'app-state-sync-key': {
    'AAAA/+//b==': { keyData: bytes(32), fingerprint: { rawId: 1, currentIndex: 0, deviceIndexes: [0, 1] }, timestamp: 5 },
    AAAAaB: { keyData: bytes(32) },
  },
  'app-state-sync-version': { critical_unblock_low: { version: 3, hash: bytes(128), indexValueMap: { 'a/b=': { valueMac: bytes(4) } } } },
  'lid-mapping': { 5511999: '98765', '98765_reverse': '5511999' },
  'device-list': { 5511999: ['0', '12'] },
  tctoken: { __index: { token: bytes(3) }, '98765@lid': { token: bytes(8), timestamp: '5' } },
  'identity-key': { '5511999.0': bytes(33) },
}
const recordKeys: RecordKey[] = Object.entries(keys).flatMap(([type, values]) => Object.keys(values).map((id) => ({ type, id })))
const names = (list: readonly RecordKey[]): string[] => list.map(({ type, id }) => JSON.stringify([type, id])).sort()

function openStore(directory: string): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return store
}

/** A folder as stock Baileys writes it. */
async function stockFolder(directory: string): Promise<string> {
  const folder = join(directory, 'session-company_5')
  const { state, saveCreds } = await useMultiFileAuthState(folder)
  await saveCreds()
  await state.keys.set(keys)
  return folder
}

it('a folder of stock Baileys is read here, record by record', async () => {
  const directory = temporaryFolder()
  const folder = await stockFolder(directory)
  const store = openStore(directory)
  expect(await collect(store.list())).toEqual(['company_5'])
  const found = await collect(store.records('company_5'))
  expect(names(found)).toEqual(names([CREDS_KEY, ...recordKeys]))
  const texts = new Set((await store.read('company_5', found)).map(({ value }) => value))
  expect(texts).toEqual(new Set(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))))
})

it('a folder written here is read by stock Baileys, and has the same files', async () => {
  const [from, to] = [temporaryFolder(), temporaryFolder()]
  const stock = await stockFolder(from)
  const [source, target] = [openStore(from), openStore(to)]
  const lease = await target.lock.acquire('company_5')
  const fencingToken = lease?.fencingToken ?? NaN
  const records = await source.read('company_5', await collect(source.records('company_5')))
  await target.write('company_5', [...records, { ...LIFECYCLE_KEY, value: '{}' }], { fencingToken })
  await target.write('company_5', [{ ...LIFECYCLE_KEY, value: null }], { fencingToken })
  await lease?.release()
  await target.close()

  const folder = join(to, 'session-company_5')
  expect(readdirSync(folder).sort()).toEqual(['.creds.backup.json', ...readdirSync(stock)].sort())
  for (const name of readdirSync(stock)) expect(readFileSync(join(folder, name), 'utf8')).toBe(readFileSync(join(stock, name), 'utf8'))
  const [before, after] = [await useMultiFileAuthState(stock), await useMultiFileAuthState(folder)]
  expect(after.state.creds).toEqual(before.state.creds)
  expect(after.state.creds).not.toEqual(initAuthCreds())
  for (const { type, id } of recordKeys) {
    const value = await after.state.keys.get(type as keyof SignalDataTypeMap, [id])
    expect(value[id], `${type} ${id}`).toBeTruthy()
    expect(value, `${type} ${id}`).toEqual(await before.state.keys.get(type as keyof SignalDataTypeMap, [id]))
  }
})

it('both may take turns in one folder', async () => {
  const directory = temporaryFolder()
  const folder = await stockFolder(directory)
  const store = openStore(directory)
  await store.write('company_5', [
    { type: 'session', id: '5511999.0', value: '{"changed":"here"}' },
    { type: 'pre-key', id: '1', value: null },
  ])
  const { state } = await useMultiFileAuthState(folder)
  expect(await state.keys.get('session', ['5511999.0'])).toEqual({ '5511999.0': { changed: 'here' } })
  expect(await state.keys.get('pre-key', ['1'])).toEqual({ 1: null })
  await state.keys.set({ session: { '5511999.0': null }, 'pre-key': { 1: keyPair } })
  expect(await store.read('company_5', [{ type: 'session', id: '5511999.0' }])).toEqual([])
  expect(await store.read('company_5', [{ type: 'pre-key', id: '1' }])).toHaveLength(1)
  expect(names(await collect(store.records('company_5')))).toEqual(
    names([CREDS_KEY, ...recordKeys.filter(({ id }) => id !== '5511999.0'), { type: 'identity-key', id: '5511999.0' }]),
  )
})
