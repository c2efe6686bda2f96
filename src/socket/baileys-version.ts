import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-rc(\.?)(\d+))?$/

/** The version to install: the newest that this library is tested with. */
export const RECOMMENDED_BAILEYS_VERSION = '7.0.0-rc14'

/** The command that installs it. Without a version npm takes `latest`, which is 6.17.16 and not supported. */
export const INSTALL_BAILEYS: string = `npm i @whiskeysockets/baileys@${RECOMMENDED_BAILEYS_VERSION}`

/** What is supported, and what to install, for messages. */
export const SUPPORTED_BAILEYS: string = `Supported are 7.0.0-rc11 and later of version 7, and 6.7.18 and later of 6.7. Install one: ${INSTALL_BAILEYS}`

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
  return `Baileys ${version} is installed, which baileys-sessions is not tested with. ${SUPPORTED_BAILEYS}`
}
