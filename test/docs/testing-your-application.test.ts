import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FakeBaileys, FakeSocket } from '../../src/testing/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { partsOf } from './generated-parts.js'
import { readPage } from './markdown.js'

const FOLDER = 'examples/testing'
const PATIENCE_MS = 50_000
const page = readPage('docs/testing-your-application.md')
const files = readdirSync(FOLDER)
  .sort()
  .map((name) => `${FOLDER}/${name}`)

describe('docs/testing-your-application.md', () => {
  it('shows every file of the example, with its name', () => {
    expect(partsOf(page.text).sort()).toEqual(files)
    for (const file of files) expect(page.text).toContain(`\n\`${file.slice(FOLDER.length + 1)}\`\n<!-- generated: ${file} -->`)
  })

  it('has examples that pass, say nothing, end by themselves and leave no file behind', { tags: 'full' }, async () => {
    const folder = temporaryFolder()
    const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => resolve(file))
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), '--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap', ...tests],
      { cwd: folder, timeout: PATIENCE_MS, env: { ...process.env, TSX_TSCONFIG_PATH: resolve('tsconfig.json'), TMPDIR: folder } },
    )
    const said = stdout.split('\n').filter((line) => line.startsWith('# ') && !/^# (?:Subtest: .+|[a-z_]+ [\d.]+)$/u.test(line))
    expect({ said, stderr }).toEqual({ said: [], stderr: '' })
    expect(stdout).toMatch(/^# fail 0$/mu)
    expect(Number(/^# pass (\d+)$/mu.exec(stdout)?.[1])).toBeGreaterThanOrEqual(10)
    // What tsx compiled, it keeps.
    expect(readdirSync(folder).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  })

  it('names members of the fakes that there are, and leaves out nothing that a test can make happen', () => {
    const baileys = new FakeBaileys()
    const socket = new FakeSocket({ auth: { creds: baileys.initAuthCreds(), keys: { get: () => ({}), set: () => undefined } } })
    const named = [...page.text.matchAll(/`(socket|baileys)\.(\w+)/gu)].map(([, owner = '', member = '']) => ({ owner, member }))
    expect(named.filter(({ owner, member }) => !(member in (owner === 'socket' ? socket : baileys)))).toEqual([])
    const told = new Set(named.map(({ member }) => member))
    const asBaileys = ['constructor', 'user', 'generateMessageTag', 'end', 'logout', 'requestPairingCode', 'query', 'sendNode', 'sendMessage']
    const toLookAt = ['phoneNumber', 'isEnded', 'isDestroyed', 'listenerCount', 'asWASocket', 'accept']
    const members = Object.getOwnPropertyNames(FakeSocket.prototype)
    expect(members.filter((member) => !told.has(member) && ![...asBaileys, ...toLookAt].includes(member))).toEqual([])
  })
})
