import type { AuthenticationCreds, SignalDataTypeMap } from '@whiskeysockets/baileys'

/** What `JSON.stringify` and `JSON.parse` exchange for bytes: the form of Baileys' own files, so that both can read them. */
interface BufferText {
  type: 'Buffer'
  data: string
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Asks the object itself: what `JSON.stringify` hands over for a Buffer is what its `toJSON` made of it, an array of numbers. */
function writeBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const bytes = this[name]
  if (bytes instanceof Uint8Array) return bufferText(bytes)
  // What an older version of an application read without Baileys' own reviver.
  if (isObject(value) && value['type'] === 'Buffer' && Array.isArray(value['data'])) return bufferText(Uint8Array.from(value['data']))
  return value
}

function bufferText(bytes: Uint8Array): BufferText {
  return { type: 'Buffer', data: toBase64(bytes) }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The same as a reviver of `JSON.parse`, which takes three times as long when it has to ask about each value. */
function reviveBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const name of Object.keys(value)) {
    const child: unknown = Reflect.get(value, name)
    const revived = reviveBytes(child)
    // `JSON.parse` has made even `__proto__` a field like any other.
    if (revived !== child) Reflect.set(value, name, revived)
  }
  return isObject(value) ? readBytes(value) : value
}

function readBytes(value: Record<string, unknown>): unknown {
  if (value['type'] === 'Buffer') {
    const data = value['data']
    if (typeof data === 'string') return Buffer.from(data, 'base64')
    if (isByteList(data)) return Buffer.from(data)
  }
  return isIndexedBytes(value) ? Buffer.from(Object.values(value)) : value
}

function isByteList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isByte)
}

const isByte = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255

/** Bytes that an old version wrote as `{"0":1,"1":2}`. Exactly these: an object from numbers to numbers is something else. */
function isIndexedBytes(value: Record<string, unknown>): value is Record<string, number> {
  if (!('0' in value)) return false
  const names = Object.keys(value)
  return names.every((name, index) => name === String(index)) && Object.values(value).every(isByte)
}

/** Text of creds or of the value of a Signal key. */
export function encodeAuthValue(value: unknown): string {
  // Most keys are nothing but bytes, and `JSON.stringify` would make an array of numbers of them first.
  if (value instanceof Uint8Array) return `{"type":"Buffer","data":"${toBase64(value)}"}`
  return JSON.stringify(value, writeBytes)
}

/** The value of a text that {@link encodeAuthValue} or Baileys' own `BufferJSON` wrote. Throws `SyntaxError` on anything else. */
export function decodeAuthValue(text: string): unknown {
  return reviveBytes(JSON.parse(text))
}

/** Credentials from a text that `inspectStoredCreds` found to be whole. */
export function decodeCreds(text: string): AuthenticationCreds {
  // The shape was checked on the text itself; Baileys checks no more of its own files.
  return decodeAuthValue(text) as AuthenticationCreds
}

/** What reading a Signal key takes of the Baileys in use: a part of every `BaileysModule`. */
export interface KeyMessages {
  /** The protobuf messages. */
  proto: {
    /** The namespace of messages. */
    Message: {
      /** Keys of the application state. */
      AppStateSyncKeyData: {
        /** Makes the message out of its plain fields. */
        fromObject(object: Record<string, unknown>): unknown
      }
    }
  }
}

/** The value of a Signal key, with the one protobuf message among them revived. */
export function decodeSignalKey<Type extends keyof SignalDataTypeMap>(baileys: KeyMessages, type: Type, text: string): SignalDataTypeMap[Type] {
  const value = decodeAuthValue(text)
  const revived = type === 'app-state-sync-key' && isObject(value) ? baileys.proto.Message.AppStateSyncKeyData.fromObject(value) : value
  // Which value a type has is a promise between Baileys and itself: it gets back what it gave.
  return revived as SignalDataTypeMap[Type]
}
