import { UsageError } from '../command-environment.js'
import { hidePasswords } from '../terminal-text.js'
import type { WrittenName } from './store-scheme.js'

/** Where a server is, as the name of a store says it. */
export interface ServerAddress {
  /** How the store is shown, without its password. */
  readonly text: string
  /** What a driver is given: the URL without the parameter that is ours. */
  readonly url: string
  /** The host, the port and the path, for telling two stores apart. */
  readonly location: string
  /** The value of the parameter that is ours; `null` when it is not given. */
  readonly part: string | null
  /** What is in no message: the password, as it is written and as it is meant. */
  readonly secrets: readonly string[]
}

/** What is expected of an address. */
export interface AddressForm {
  /** An address, for messages. It has no real password. */
  readonly example: string
  readonly defaultPort: string
  /** The parameter that is ours, and not the driver's. */
  readonly parameter: string
}

/** Understands the name of a store as a URL. Throws a `UsageError`, which quotes nothing of it. */
export function readServerAddress({ scheme, rest, text, inWords }: WrittenName, { example, defaultPort, parameter }: AddressForm): ServerAddress {
  const refuse = (problem: string): never => {
    throw new UsageError(`${inWords} ${problem}. Write it as ${example}, with special characters of the password as %40 for "@" or %2F for "/".`)
  }
  // Else a part of the password would be taken for a host, and told to whoever resolves names.
  const behindHost = /^\/\/[^/?#]*(.*)$/su.exec(rest)?.[1] ?? refuse('is no URL')
  if (behindHost.includes('@')) refuse('has an "@" behind its host')
  const url = parseUrl(`${scheme}:${rest}`) ?? refuse('is no URL')
  const password = decode(url.password) ?? refuse('has a password that is not percent-encoded')
  const part = url.searchParams.get(parameter)
  if (url.searchParams.getAll(parameter).length > 1) refuse(`has more than one "${parameter}"`)
  if (part !== null) url.searchParams.delete(parameter)
  return {
    text,
    url: url.href,
    location: `${url.hostname}:${url.port === '' ? defaultPort : url.port}${url.pathname}`,
    part,
    secrets: [url.password, password, ...secretParameters(url)].filter((secret) => secret !== ''),
  }
}

/** What a driver says of a server, without any password. */
export function explainFailure({ secrets }: Pick<ServerAddress, 'secrets'>, error: unknown): string {
  const said = messageOf(error).replace(/\.$/u, '')
  return secrets.reduce((message, secret) => message.replaceAll(secret, '***'), hidePasswords(said))
}

/** One that stands for several, for example for all addresses of a host, may have no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

function secretParameters(url: URL): string[] {
  return [...url.searchParams].flatMap(([name, value]) => (/pass|secret|token/iu.test(name) ? [value] : []))
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
