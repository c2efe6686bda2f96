import { parseStoreName } from '../../src/cli/stores/parse-store-name.js'
import type { OpenedStore } from '../../src/cli/stores/store-name.js'

/** Opens a store by its name, as the command line does, and makes it when it is missing. */
export async function openNamedStore(name: string): Promise<Pick<OpenedStore, 'store' | 'close'>> {
  return parseStoreName(name, { variables: process.env, directory: process.cwd() }).open('fill')
}
