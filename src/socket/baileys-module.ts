import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AuthenticationCreds, UserFacingSocketConfig, WASocket } from '@whiskeysockets/baileys'
import { SessionError } from '../errors.js'

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-rc(\.?)(\d+))?$/

/** The version to install: the newest that this library is tested with. */
export const RECOMMENDED_BAILEYS_VERSION = '7.0.0-rc14'

/** The command that installs it. Without a version npm takes `latest`, which is 6.17.16 and not supported. */
export const INSTALL_BAILEYS: string = `npm i @whiskeysockets/baileys@${RECOMMENDED_BAILEYS_VERSION}`

/** What is supported, and what to install, for messages. */
const SUPPORTED_BAILEYS: string = `Supported versions are 7.0.0-rc11 and later of 7, and 6.7.18 and later of 6.7. Install one: ${INSTALL_BAILEYS}`

/**
 * The part of `@whiskeysockets/baileys` that this library uses: the whole module fits, and so does `FakeBaileys` of
 * `baileys-sessions/testing`. Supported versions are 7.0.0-rc11 and later of 7, and 6.7.18 up to, not including, 6.8.
 */
export interface BaileysModule {
  /** Creates a socket. Single use: a socket that has ended cannot be opened again. */
  makeWASocket(config: UserFacingSocketConfig): WASocket
  /** Creates a new identity. */
  initAuthCreds(): AuthenticationCreds
  /** Derives keys. Optional, and used only if it returns a promise: Baileys 6.7.24 derives in a thread. */
  hkdf?: (buffer: Buffer, expandedLength: number, info: { info?: string }) => unknown
  /**
   * The defaults for sockets. A module that reaches no WhatsApp leaves out `waWebSocketUrl`, as `FakeBaileys` does: by default, the
   * version of WhatsApp Web is looked up only if that is an address of WhatsApp.
   */
  DEFAULT_CONNECTION_CONFIG?: {
    /** The version of WhatsApp Web. */
    version?: readonly number[]
    /** Operating system, browser and its version. */
    browser?: readonly string[]
    /** Where sockets connect to. */
    waWebSocketUrl?: string | URL
  }
  /** The protobuf messages; one of them is stored as a Signal key and must be revived. */
  proto: {
    /** What a phone sends when it links. It may be left out: then a QR code that WhatsApp has retired is told from no other. */
    ADVSignedDeviceIdentityHMAC?: {
      /** Reads the message. */
      decode(bytes: Uint8Array): {
        /** What was signed. */
        details?: Uint8Array | null
        /** The signature. */
        hmac?: Uint8Array | null
      }
    }
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

/**
 * The module of another copy of Baileys: the package `baileys`, which is the same code under another name, or a second installation of
 * `@whiskeysockets/baileys`. TypeScript takes the classes of two copies for different ones, so what holds them is described by its names.
 */
export interface BaileysCopy extends Omit<BaileysModule, 'makeWASocket' | 'initAuthCreds'> {
  /** Creates a socket: a function of any types, for those of its copy are others. */
  makeWASocket: Readonly<Pick<CallableFunction, 'length' | 'name'>>
  /** Creates a new identity. */
  initAuthCreds(): Pick<AuthenticationCreds, 'advSecretKey' | 'noiseKey' | 'registrationId' | 'signedIdentityKey'>
}

/** What a socket is configured with, but for its credentials. */
export type DialConfig = Omit<UserFacingSocketConfig, 'auth'>

const isObject = (value: unknown): value is Record<string, unknown> => (typeof value === 'object' && value !== null) || typeof value === 'function'

/**
 * The Baileys of the application: the module passed in, else the installed one, loaded on first use.
 * Rejects with `BAILEYS_UNSUPPORTED` when it is missing or lacks something that is needed.
 */
export async function loadBaileys(passedIn: BaileysModule | BaileysCopy | undefined): Promise<BaileysModule> {
  if (passedIn !== undefined) return checkBaileys(passedIn)
  const loaded = await importBaileys()
  const problem = describeUnsupported(await readInstalledVersion())
  // It loads all the same, so it is used; the logger is silent by default, and this should be seen once.
  if (problem !== null) process.emitWarning(problem, { code: 'BAILEYS_SESSIONS_PEER' })
  return checkBaileys(loaded)
}

/** The installed Baileys, as it is. Rejects with `BAILEYS_UNSUPPORTED` when there is none. */
export async function importBaileys(): Promise<object> {
  try {
    return await import('@whiskeysockets/baileys')
  } catch (cause) {
    throw new SessionError(
      'BAILEYS_UNSUPPORTED',
      `Baileys could not be loaded. Install it next to baileys-sessions (${INSTALL_BAILEYS}), or pass it as the \`baileys\` option.`,
      { cause },
    )
  }
}

/** Whether the sockets of this Baileys go to WhatsApp unless they are told otherwise. */
export function dialsWhatsApp({ DEFAULT_CONNECTION_CONFIG: defaults }: BaileysModule): boolean {
  const url = String(defaults?.waWebSocketUrl ?? '')
  return URL.canParse(url) && /(?:^|\.)whatsapp\.com$/u.test(new URL(url).hostname)
}

/** Checks by its features that this is a Baileys that can be used. A CommonJS build may hold everything under `default`. */
function checkBaileys(loaded: unknown): BaileysModule {
  const names = isObject(loaded) ? loaded : {}
  const inner = isObject(names['default']) ? names['default'] : {}
  const pick = (name: string): unknown => names[name] ?? inner[name]
  const makeWASocket = pick('makeWASocket') ?? names['default']
  const hkdf = pick('hkdf')
  const candidate = {
    makeWASocket,
    initAuthCreds: pick('initAuthCreds'),
    proto: pick('proto'),
    DEFAULT_CONNECTION_CONFIG: pick('DEFAULT_CONNECTION_CONFIG'),
    ...(derivesLater(hkdf) ? { hkdf } : {}),
  }
  if (!isBaileys(candidate)) {
    throw new SessionError('BAILEYS_UNSUPPORTED', `This Baileys lacks makeWASocket, initAuthCreds or proto. ${SUPPORTED_BAILEYS}`)
  }
  return candidate
}

/** Tried once: every socket would have to ask again. */
function derivesLater(hkdf: unknown): boolean {
  if (typeof hkdf !== 'function') return false
  try {
    const derived: unknown = Reflect.apply(hkdf, undefined, [Buffer.alloc(32), 64, { info: '' }])
    if (!(derived instanceof Promise)) return false
    derived.catch(() => undefined)
    return true
  } catch {
    return false
  }
}

function isBaileys(candidate: { makeWASocket: unknown; initAuthCreds: unknown; proto: unknown }): candidate is BaileysModule {
  const message = isObject(candidate.proto) ? candidate.proto['Message'] : undefined
  const keyData = isObject(message) ? message['AppStateSyncKeyData'] : undefined
  return (
    typeof candidate.makeWASocket === 'function' &&
    typeof candidate.initAuthCreds === 'function' &&
    isObject(keyData) &&
    typeof keyData['fromObject'] === 'function'
  )
}

/**
 * Whether a version of Baileys is one that this library is tested with: 7.0.0-rc11 and later of version 7, and 6.7.18 up to, not
 * including, 6.8. Release candidates before rc11 leak, and 6.17 is a mis-numbered older line.
 */
export function isSupportedBaileys(version: string): boolean {
  const parts = VERSION.exec(version)
  if (parts === null) return false
  const [, major, minor, patch, dot, candidate] = parts
  if (major === '6') return minor === '7' && Number(patch) >= 18 && candidate === undefined
  if (major !== '7') return false
  const isFirst = minor === '0' && patch === '0'
  return candidate === undefined || !isFirst || (dot === '' && Number(candidate) >= 11)
}

/** The version of the installed Baileys; `null` when it cannot be told. */
export async function readInstalledVersion(): Promise<string | null> {
  try {
    const file = createRequire(import.meta.url).resolve('@whiskeysockets/baileys/package.json')
    const description: unknown = JSON.parse(await readFile(file, 'utf8'))
    const version: unknown = typeof description === 'object' && description !== null ? Reflect.get(description, 'version') : null
    return typeof version === 'string' ? version : null
  } catch {
    return null
  }
}

/** The warning for an installed version that is outside the supported range; `null` when there is nothing to say. */
export function describeUnsupported(version: string | null): string | null {
  if (version === null || isSupportedBaileys(version)) return null
  return `Baileys ${version} is installed, but baileys-sessions was not tested with it. ${SUPPORTED_BAILEYS}`
}
