import type { ServerKeys } from '../wire/certificate.js'
import type { Account } from './account.js'

const FORMAT = 'baileys-sessions/whatsapp-server/2'

/** What outlives a server: its keys, its accounts, and the files that were uploaded. */
export interface ServerState {
  keys: ServerKeys
  accounts: Account[]
  media: Map<string, Buffer>
}

/** The state as text: JSON in which maps and bytes are marked. */
export function encodeServerState(state: ServerState): string {
  return JSON.stringify({ format: FORMAT, ...state }, mark)
}

/** Reads what {@link encodeServerState} wrote. Throws `TypeError` for anything else. */
export function decodeServerState(text: string): ServerState {
  const state = parse(text)
  if (typeof state !== 'object' || state === null || !('format' in state) || state.format !== FORMAT) {
    throw new TypeError('state must be what exportState() of this version returned')
  }
  // The format mark says that encodeServerState wrote it.
  return state as unknown as ServerState
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, unmark)
  } catch (cause) {
    throw new TypeError('state must be what exportState() returned, but it is not JSON', { cause })
  }
}

// Buffer.toJSON runs before a replacer, so bytes are recognised by its shape.
function mark(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { $map: [...value] }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  return isBufferJson(value) ? { $bytes: Buffer.from(value.data).toString('base64') } : value
}

function unmark(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map)
  if ('$bytes' in value && typeof value.$bytes === 'string') return Buffer.from(value.$bytes, 'base64')
  return value
}

function isBufferJson(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value && Array.isArray(value.data)
}
