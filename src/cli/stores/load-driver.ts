import { errorCode } from '../../errors.js'
import { CommandError } from '../command-environment.js'

/** A package that can open something, and need not be installed. */
export interface Driver<Opened> {
  /** Its name, as npm knows it. */
  readonly packageName: string
  /** Imports it, and resolves with what opens a connection by a URL. */
  readonly load: () => Promise<(url: string) => Promise<Opened>>
}

/** What opens a connection, by the first driver that is installed. Rejects with a `CommandError` when none is. */
export async function loadDriver<Opened>(engine: string, drivers: readonly Driver<Opened>[]): Promise<(url: string) => Promise<Opened>> {
  for (const { packageName, load } of drivers) {
    try {
      return await load()
    } catch (error) {
      if (!isMissing(error, packageName)) throw new CommandError(`The package "${packageName}" could not be loaded: ${messageOf(error)}.`)
    }
  }
  const names = drivers.map(({ packageName }) => packageName)
  const [first = ''] = names
  throw new CommandError(`No driver for ${engine} is installed. Install one of ${names.join(', ')}, for example: npm install ${first}`)
}

/** Whether it is this package that was not found, and not one that it needs itself. */
function isMissing(error: unknown, packageName: string): boolean {
  return ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(errorCode(error)) && messageOf(error).includes(`'${packageName}'`)
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line.replace(/\.$/u, '')
}
