import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { encodeAuthValue } from '../../../src/auth/auth-codec.js'
import { hashIdentity, inspectStoredCreds, phoneNumberOf } from '../../../src/auth/stored-session.js'
import { fakeAuthCreds, fakePairedCreds } from '../../../src/testing/fake-creds.js'

const fresh = fakeAuthCreds()
const linked = fakePairedCreds({ phone: '49151000001', device: 7 })
const { account, me } = linked

/** The text of creds with these changes; a `null` leaves the field out. */
const text = (changes: Record<string, unknown> = {}, creds: object = fresh): string =>
  encodeAuthValue(Object.fromEntries(Object.entries({ ...creds, ...changes }).filter(([, value]) => value !== null)))
const kindOf = (changes: Record<string, unknown>, creds?: object): string => inspectStoredCreds(text(changes, creds)).kind
const key = (length: number): Buffer => randomBytes(length)

describe('whether stored credentials are paired', () => {
  it('tells number and identity of a linked device, and no key', () => {
    const found = inspectStoredCreds(text({}, linked))
    expect(found).toEqual({ kind: 'paired', phoneNumber: '49151000001', identity: hashIdentity(linked.noiseKey.public) })
    expect(JSON.stringify(found)).not.toContain(Buffer.from(linked.noiseKey.public).toString('base64').slice(0, 12))
  })

  it.each<[name: string, changes: Record<string, unknown>, kind: string]>([
    ['account and a device of its own', { account, me }, 'paired'],
    ['registered or not', { account, me, registered: true }, 'paired'],
    ['a device 0 is a device', { account, me: { id: '49151000001:0@s.whatsapp.net' } }, 'paired'],
    ['a hidden id with a device', { account, me: { id: '123456:4@lid' } }, 'paired'],
    ['nothing of it', {}, 'unpaired'],
    ['registered alone', { registered: true }, 'unpaired'],
    ['a pairing code was asked for', { me: { id: '49151000001@s.whatsapp.net', name: '~' }, pairingCode: 'ABCD1234' }, 'half_paired'],
    ['me with a device, no account', { me }, 'half_paired'],
    ['account without me', { account }, 'half_paired'],
    ['account, and me without a device', { account, me: { id: '49151000001@s.whatsapp.net' } }, 'half_paired'],
    ['account, and a device that is no number', { account, me: { id: '49151000001:x@s.whatsapp.net' } }, 'half_paired'],
    ['account, and me without an id', { account, me: {} }, 'half_paired'],
    ['account that is no object', { account: 'yes', me }, 'half_paired'],
    ['account that is a list', { account: [], me }, 'half_paired'],
    ['me that is a text', { me: '49151000001:1@s.whatsapp.net' }, 'unpaired'],
  ])('%s: %s', (_name, changes, kind) => {
    expect(kindOf(changes)).toBe(kind)
  })
})

describe('corrupt credentials', () => {
  it.each<[name: string, given: string, problem: string]>([
    ['empty', '', 'it is empty'],
    ['blank', ' \n', 'it is empty'],
    ['cut', text({}, linked).slice(0, 200), 'it is not a complete JSON object'],
    ['null', 'null', 'it is not a complete JSON object'],
    ['a list', '[]', 'it is not a complete JSON object'],
    ['a text', '"creds"', 'it is not a complete JSON object'],
    ['zeros, as after a power loss', '\u0000'.repeat(100), 'it is not a complete JSON object'],
    ['another JSON object', '{}', 'noiseKey is missing or malformed'],
    ['a package.json', '{"name":"x","version":"1.0.0"}', 'noiseKey is missing or malformed'],
  ])('%s', (_name, given, problem) => {
    expect(inspectStoredCreds(given)).toEqual({ kind: 'corrupt', problem })
  })

  it.each<[field: string, changes: Record<string, unknown>]>([
    ['noiseKey', { noiseKey: null }],
    ['noiseKey', { noiseKey: { public: key(32) } }],
    ['noiseKey', { noiseKey: { public: key(32), private: 'x' } }],
    ['noiseKey', { noiseKey: { public: key(31), private: key(32) } }],
    ['noiseKey', { noiseKey: { public: key(32), private: key(34) } }],
    ['noiseKey', { noiseKey: { public: { type: 'Buffer', data: [1, 'x'] }, private: key(32) } }],
    ['signedIdentityKey', { signedIdentityKey: null }],
    ['signedIdentityKey', { signedIdentityKey: { public: key(0), private: key(32) } }],
    ['signedPreKey', { signedPreKey: null }],
    ['signedPreKey', { signedPreKey: { keyPair: { public: key(32) } } }],
    ['signedPreKey', { signedPreKey: { keyPair: { public: key(16), private: key(32) } } }],
    ['registrationId', { registrationId: null }],
    ['registrationId', { registrationId: '7' }],
    ['advSecretKey', { advSecretKey: null }],
    ['advSecretKey', { advSecretKey: key(32) }],
  ])('%s', (field, changes) => {
    for (const creds of [fresh, linked]) {
      expect(inspectStoredCreds(text(changes, creds))).toEqual({ kind: 'corrupt', problem: `${field} is missing or malformed` })
    }
  })

  it('no problem tells what is stored', () => {
    const cut = text({ noiseKey: { public: key(31), private: key(32) } }, linked)
    expect(JSON.stringify(inspectStoredCreds(cut))).not.toContain(linked.advSecretKey)
  })
})

describe('keys', () => {
  it.each([
    [31, 'corrupt'],
    [32, 'unpaired'],
    [33, 'unpaired'],
    [34, 'corrupt'],
  ])('of %i bytes: %s', (length, kind) => {
    expect(kindOf({ noiseKey: { public: key(length), private: key(length) } })).toBe(kind)
  })

  it('may be written as lists of bytes', () => {
    const asLists = JSON.stringify(fakePairedCreds())
    expect(asLists).toContain('"data":[')
    expect(inspectStoredCreds(asLists).kind).toBe('paired')
  })

  it('name an identity: the same key the same name, another key another', () => {
    const [one, two] = [key(32), key(32)]
    expect(hashIdentity(one)).toBe(hashIdentity(Uint8Array.from(one)))
    expect(hashIdentity(one)).not.toBe(hashIdentity(two))
    expect(hashIdentity(one)).toMatch(/^[0-9a-f]{32}$/)
  })

  it('name it alike, whether written as text or as a list', () => {
    const creds = fakePairedCreds()
    const identities = [encodeAuthValue(creds), JSON.stringify(creds)].map(inspectStoredCreds).map((found) => ('identity' in found ? found.identity : null))
    expect(identities).toEqual([hashIdentity(creds.noiseKey.public), hashIdentity(creds.noiseKey.public)])
  })
})

describe('phoneNumberOf', () => {
  it.each([
    ['49151000001:7@s.whatsapp.net', '49151000001'],
    ['49151000001@s.whatsapp.net', '49151000001'],
    ['x@s.whatsapp.net', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s: %s', (id, phoneNumber) => {
    expect(phoneNumberOf(id)).toBe(phoneNumber)
  })
})
