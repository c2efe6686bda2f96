import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SHORTEST_SECRET } from './access/tokens.js'

/** The secret from the environment. Throws with advice if there is none. */
export function secretFromEnvironment(environment: NodeJS.ProcessEnv): string {
  const secret = environment['TOKEN_SECRET'] ?? ''
  if (secret.length >= SHORTEST_SECRET) return secret
  const problem = secret === '' ? 'TOKEN_SECRET is not set' : `TOKEN_SECRET has ${secret.length} characters, but needs at least ${SHORTEST_SECRET}`
  throw new RangeError(`${problem}. The server signs tokens with it. Create one, and keep it:\n  export TOKEN_SECRET="$(openssl rand -hex 32)"`)
}

/**
 * While nothing is real: a secret that is kept in the folder, so that a restart signs nobody out. Never that of the environment: a
 * simulation hands out admin tokens to everybody on this machine.
 */
export function secretForSimulation(folder: string): string {
  const file = join(folder, 'token-secret')
  const saved = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (saved.length >= SHORTEST_SECRET) return saved
  const secret = randomBytes(32).toString('hex')
  // Even if this process is killed, the file has all of its content or none.
  writeFileSync(`${file}.next`, secret, { mode: 0o600 })
  renameSync(`${file}.next`, file)
  return secret
}
