import type { WAVersion } from '@whiskeysockets/baileys'
import { boundedBy } from '../async/deadline.js'
import { requireDuration, requireFunction, requireObject, requireOptions } from '../option-checks.js'
import { DEFAULT_MAX_AGE_MS, DEFAULT_TIMEOUT_MS, type FoundVersion, isHigher, isVersion, type VersionLookup, type VersionQuestion } from './version-source.js'

// The character behind the last digit is asked for: a text that was cut off may end in half a number.
const CLIENT_REVISION = /client_revision\\?"\s*:\s*(\d{1,10})\D/u

const VERSION_LIST = /\bversion"?\s*(?::\s*\w+\s*)?[:=]\s*\[\s*(\d{1,10})\s*,\s*(\d{1,10})\s*,\s*(\d{1,10})\s*\]/u

/** What is read of an answer; both that are asked for are far smaller. */
const MOST_BYTES = 4 * 1024 * 1024

/** How {@link latestWaWebVersion} looks the version up. */
export interface LatestVersionOptions {
  /**
   * Makes the requests. With a `dispatcher` of the package `undici`, also pass the `fetch` of that package: Node's own may refuse
   * the dispatcher.
   * @defaultValue the global `fetch`
   */
  fetch?: VersionFetch | undefined
  /**
   * How to send the requests: a dispatcher of `undici`, such as its `ProxyAgent`.
   * @defaultValue `socketConfig.options.dispatcher` of the session that asks
   */
  dispatcher?: object | undefined
  /**
   * How long the look-up may take, in milliseconds: three fifths of it for WhatsApp's answer, the rest for the one from Baileys'
   * repository.
   * @defaultValue `5000`
   */
  timeoutMs?: number | undefined
  /**
   * How long a manager keeps the answer, in milliseconds. It keeps one from Baileys' repository for at most ten minutes.
   * @defaultValue `21600000`
   */
  maxAgeMs?: number | undefined
}

/** A provider that can also use the session's own way to the network, and says how long its answer may be kept. A manager calls `lookUp`. */
export interface LatestVersionProvider extends VersionLookup {
  /** Looks up the version, each time it is called. */
  (): Promise<WAVersion>
}

interface Settings {
  readonly fetch: VersionFetch | undefined
  readonly dispatcher: object | undefined
  readonly timeoutMs: number
  readonly maxAgeMs: number
}

interface Source {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly read: (text: string) => WAVersion | null
  /** Its part of the time. */
  readonly share: number
}

/** WhatsApp answers browsers: without these headers it refuses (Baileys 7.0.0-rc14, `fetchLatestWaWebVersion`). */
const BROWSER_HEADERS = {
  'sec-fetch-site': 'none',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
}

const WHATSAPP: Source = { url: 'https://web.whatsapp.com/sw.js', headers: BROWSER_HEADERS, read: readServiceWorker, share: 0.6 }

/** As `fetchLatestBaileysVersion` of 7.0.0-rc14. */
const BAILEYS: Source = {
  url: 'https://raw.githubusercontent.com/WhiskeySockets/Baileys/master/src/Defaults/index.ts',
  headers: {},
  read: readBaileysSource,
  share: 0.4,
}

/** WhatsApp may answer again soon, and knows better. */
const FALLBACK_MAX_AGE_MS = 10 * 60 * 1000

/**
 * Creates a provider for the option `version` that looks up the version of WhatsApp Web: WhatsApp's own number, from
 * `web.whatsapp.com`, or else the one in Baileys' repository, from `raw.githubusercontent.com`, if that is higher than the one
 * built into the installed Baileys. A manager without the option `version` uses one with the defaults; create your own to send its
 * requests through a proxy.
 *
 * The provider rejects if neither answers in time. Throws `TypeError` or `RangeError` for an invalid option.
 */
export function latestWaWebVersion(options: LatestVersionOptions = {}): LatestVersionProvider {
  const settings = resolve(options)
  const lookUp: VersionLookup['lookUp'] = (question = {}, signal) => findVersion(settings, question, signal)
  return Object.assign(async () => (await lookUp()).version, {
    lookUp,
    bypassesProxy: ({ dispatcher = settings.dispatcher, isProxied }: VersionQuestion) => isProxied === true && dispatcher === undefined,
  })
}

const NAMES = Object.keys({ fetch: 0, dispatcher: 0, timeoutMs: 0, maxAgeMs: 0 } satisfies Record<keyof LatestVersionOptions, 0>)

function resolve(options: LatestVersionOptions): Settings {
  requireOptions('', options, NAMES)
  const { fetch, dispatcher, timeoutMs = DEFAULT_TIMEOUT_MS, maxAgeMs = DEFAULT_MAX_AGE_MS } = options
  if (fetch !== undefined) requireFunction('fetch', fetch)
  if (dispatcher !== undefined) requireObject('dispatcher', dispatcher)
  return { fetch, dispatcher, timeoutMs: requireDuration('timeoutMs', timeoutMs, 1), maxAgeMs: requireDuration('maxAgeMs', maxAgeMs) }
}

async function findVersion(settings: Settings, question: VersionQuestion, signal: AbortSignal | undefined): Promise<FoundVersion> {
  const { maxAgeMs } = settings
  try {
    return { version: await ask(WHATSAPP, settings, question, signal), maxAgeMs }
  } catch (refusal) {
    signal?.throwIfAborted()
    try {
      return { version: requireNewer(await ask(BAILEYS, settings, question, signal), question), maxAgeMs: Math.min(maxAgeMs, FALLBACK_MAX_AGE_MS) }
    } catch (second) {
      const causes = [refusal, second]
      throw new Error(causes.map(reasonOf).join(' '), { cause: new AggregateError(causes) })
    }
  }
}

async function ask(source: Source, settings: Settings, question: VersionQuestion, signal: AbortSignal | undefined): Promise<WAVersion> {
  const { url, headers, read, share } = source
  const { hostname } = new URL(url)
  const timeoutMs = Math.ceil(settings.timeoutMs * share)
  const { fetch = globalThis.fetch, dispatcher = question.dispatcher } = settings
  try {
    const onTimeout = (): Error => new Error(`no answer within ${timeoutMs} ms`)
    const text = await boundedBy({ signal, timeoutMs, onTimeout }, (caller) => fetchText({ fetch, url, headers, dispatcher, signal: caller }))
    const version = read(text)
    if (version === null) throw new Error('no version in the answer')
    return version
  } catch (cause) {
    throw new Error(`${hostname}: ${reasonOf(cause)}.`, { cause })
  }
}

/** The number in the repository may be older than the installed Baileys. */
function requireNewer(version: WAVersion, { builtIn }: VersionQuestion): WAVersion {
  if (builtIn === undefined || isHigher(version, builtIn)) return version
  throw new Error(`Baileys' repository has ${version.join('.')}, which is not newer than the installed one.`)
}

/** `fetch` says no more than "fetch failed"; what happened is in its cause. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const inner: unknown = cause instanceof TypeError ? cause.cause : undefined
  if (!(inner instanceof Error)) return cause.message
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.message
  return code === 'UND_ERR_INVALID_ARG'
    ? `${code} (the dispatcher and the fetch come from different versions of undici: pass the fetch of the dispatcher's package)`
    : code
}

/** The version of WhatsApp Web in the text of its service worker: `client_revision` is its last part (Baileys 7.0.0-rc14, `fetchLatestWaWebVersion`). */
export function readServiceWorker(text: string): WAVersion | null {
  const revision = Number(CLIENT_REVISION.exec(text)?.[1] ?? 0)
  return revision === 0 ? null : checked([2, 3000, revision])
}

/** The version that the source of Baileys names: `const version = [2, 3000, 1]` (7.0.0-rc14), or `"version": [2, 3000, 1]` (6.7.24). */
export function readBaileysSource(text: string): WAVersion | null {
  const parts = VERSION_LIST.exec(text)?.slice(1).map(Number) ?? []
  return checked(parts)
}

function checked(version: number[]): WAVersion | null {
  return isVersion(version) ? version : null
}

/** What a look-up needs of a `fetch`: the global one fits, and that of the package `undici`. */
// Taken from a method, so that both fit: each takes an `init` of its own type.
export type VersionFetch = {
  /** Requests a URL. `init` is a `RequestInit` with `headers`, `signal`, and `dispatcher` where there is one. */
  fetch(url: string, init: object): Promise<VersionResponse>
}['fetch']

/** The part of a `Response` that a look-up needs. */
export interface VersionResponse {
  /** Whether the status is 2xx. */
  readonly ok: boolean
  /** The HTTP status. */
  readonly status: number
  /** The body, piece by piece. */
  readonly body: {
    /** Begins to read. */
    getReader(): {
      /** The next piece. */
      read(): Promise<{
        /** Whether that was all. */
        done: boolean
        /** The piece. */
        value?: Uint8Array | undefined
      }>
      /** Ends the request. */
      cancel(): Promise<void>
    }
    /** Ends the request. */
    cancel(): Promise<void>
  } | null
}

/** A request for a text. */
interface TextRequest {
  readonly fetch: VersionFetch
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: object | undefined
  readonly signal: AbortSignal
}

/** The text at a URL, or the beginning of it when it is very long. Redirects go the same way as the request. */
async function fetchText({ fetch, url, headers, dispatcher, signal }: TextRequest): Promise<string> {
  const response = await fetch(url, { headers, signal, ...(dispatcher === undefined ? {} : { dispatcher }) })
  if (response.ok) return response.body === null ? '' : readText(response.body, signal)
  // Else the connection would stay open.
  await response.body?.cancel()
  throw new Error(`HTTP ${response.status}`)
}

async function readText(body: NonNullable<VersionResponse['body']>, signal: AbortSignal): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; bytes < MOST_BYTES && !signal.aborted;) {
    const { done, value } = await reader.read()
    if (done || value === undefined) return text + decoder.decode()
    bytes += value.byteLength
    text += decoder.decode(value, { stream: true })
  }
  await reader.cancel()
  return text
}
