import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The secret of the environment. Throws with advice when there is none. */
export function secretFromEnvironment(environment: NodeJS.ProcessEnv): string {
  const secret = environment['TOKEN_SECRET'] ?? ''
  if (secret.length >= 32) return secret
  const problem = secret === '' ? 'TOKEN_SECRET is not set' : `TOKEN_SECRET has ${secret.length} characters, and needs at least 32`
  throw new RangeError(`${problem}. Tokens are signed with it. Make one, and keep it:\n  export TOKEN_SECRET="$(openssl rand -hex 32)"`)
}

/** While nothing is real: the secret of the environment, or else one that is kept in the folder, so that a restart signs nobody out. */
export function secretForSimulation(environment: NodeJS.ProcessEnv, folder: string): string {
  if (environment['TOKEN_SECRET'] !== undefined) return secretFromEnvironment(environment)
  const file = join(folder, 'token-secret')
  try {
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readFileSync(file, 'utf8')
}
