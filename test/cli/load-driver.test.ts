import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { CommandError } from '../../src/cli/command-environment.js'
import { type Driver, loadDriver } from '../../src/cli/stores/load-driver.js'

const require = createRequire(import.meta.url)

const installed = (packageName: string): Driver<string> => ({ packageName, load: async () => async (url) => `${packageName} ${url}` })
/** As `import()` of Node rejects. */
const missing = (packageName: string, wanted = packageName): Driver<string> => ({
  packageName,
  load: async () => {
    throw Object.assign(new Error(`Cannot find package '${wanted}' imported from /app/node_modules/baileys-sessions/dist/cli.js`), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
  },
})
/** As `require` of Node does: the program is also built as CommonJS. */
const missingForRequire = (packageName: string): Driver<string> => ({ packageName, load: async () => require(packageName) as () => Promise<string> })

it('takes the first driver that is installed', async () => {
  expect(await (await loadDriver('Redis', [installed('a'), installed('b')]))('url')).toBe('a url')
  expect(await (await loadDriver('Redis', [missing('a'), missingForRequire('no-such-driver'), installed('b'), installed('c')]))('url')).toBe('b url')
})

it('says what to install when none is', async () => {
  await expect(loadDriver('Redis', [missing('a'), missing('b')])).rejects.toThrow(
    new CommandError('No driver for Redis is installed. Install one of a, b, for example: npm install a'),
  )
})

it('takes no driver for missing that is there and cannot be loaded', async () => {
  await expect(loadDriver('Redis', [missing('a', 'a-parser'), installed('b')])).rejects.toThrow(
    new CommandError(`The package "a" could not be loaded: Cannot find package 'a-parser' imported from /app/node_modules/baileys-sessions/dist/cli.js.`),
  )
  const broken: Driver<string> = { packageName: 'a', load: () => Promise.reject(new SyntaxError('Unexpected token\nat a line')) }
  await expect(loadDriver('Redis', [broken, installed('b')])).rejects.toThrow(new CommandError('The package "a" could not be loaded: Unexpected token.'))
})
