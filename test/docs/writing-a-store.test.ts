import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { sessionStoreContract } from '../../src/testing/index.js'
import { MemorySessionStore } from '../../src/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { membersOf } from './declarations.js'
import { partsOf } from './generated-parts.js'
import { codeIn, readPage, tableOf } from './markdown.js'

const FOLDER = 'examples/store'
const PATIENCE_MS = 50_000
const page = readPage('docs/writing-a-store.md')
const files = readdirSync(FOLDER)
  .sort()
  .map((name) => `${FOLDER}/${name}`)

describe('docs/writing-a-store.md', () => {
  it('shows every file of the example, with its name', () => {
    expect(partsOf(page.text).sort()).toEqual(files)
    for (const file of files) expect(page.text).toContain(`\n\`${file.slice(FOLDER.length + 1)}\`\n<!-- generated: ${file} -->`)
  })

  it('has a store, a repository and a lock that pass the suites, say nothing and leave no file behind', { tags: 'full' }, async () => {
    const folder = temporaryFolder()
    const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => resolve(file))
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap', ...tests],
      { cwd: folder, timeout: PATIENCE_MS, maxBuffer: 2 ** 24, env: { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json'), TMPDIR: folder } },
    )
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^# fail 0$/mu)
    const passed = [...stdout.matchAll(/^ *ok \d+ - (.+)$/gmu)].map(([, name]) => name)
    const hooks = { reopen: (store: MemorySessionStore) => store, corrupt: () => undefined, disconnect: () => () => undefined }
    expect(passed).toEqual(expect.arrayContaining(sessionStoreContract(() => new MemorySessionStore(), hooks).map(({ name }) => name)))
    // What tsx compiled, it keeps.
    expect(readdirSync(folder).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  })

  it('names the hooks of each suite', () => {
    const { rows } = tableOf(page, 'hook', 'what it does', 'suites')
    const named = (suite: string): unknown[] => rows.filter(([, , suites = '']) => suites.split(', ').includes(suite)).map(([hook = '']) => codeIn(hook)[0])
    const contracts = 'src/testing/contracts'
    expect(named('store').sort()).toEqual(membersOf(`${contracts}/session-store/session-store-hooks.ts`, 'SessionStoreContractHooks').sort())
    expect(named('lock').sort()).toEqual(membersOf(`${contracts}/session-lock/session-lock-hooks.ts`, 'SessionLockContractHooks').sort())
    expect(named('repository').sort()).toEqual(
      membersOf(`${contracts}/connection-repository/connection-repository-hooks.ts`, 'ConnectionRepositoryContractHooks').sort(),
    )
  })
})
