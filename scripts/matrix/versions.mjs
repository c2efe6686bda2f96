import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of this repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The only place that names the versions, with a package name for each platform that Node supports. */
export const VERSIONS = JSON.parse(readFileSync(new URL('versions.json', import.meta.url), 'utf8'))

/** The Baileys that `npm ci` installs here. */
export const INSTALLED_BAILEYS = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).devDependencies['@whiskeysockets/baileys']
