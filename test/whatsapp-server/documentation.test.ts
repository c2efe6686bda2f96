// @module-tag full
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as testing from '../../src/testing/index.js'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { AccountPhone } from '../../src/testing/whatsapp-server/phone/account-phone.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const page = readFileSync('docs/whatsapp-server.md', 'utf8')

describe('docs/whatsapp-server.md', () => {
  it('begins with an example that runs', async () => {
    const [, example = ''] = /```js\n([^]+?)```/.exec(page) ?? []
    const script = example
      .replace('baileys-sessions/testing', './src/testing/whatsapp-server/index.ts')
      .replace('./test-session', join(temporaryFolder(), 'session'))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', `${script}\nprocess.exit(0)`], {
      timeout: 30_000,
    })
    expect(stderr).toBe('')
    expect(stdout).toBe(`[ 'success' ]\n`)
  })

  it('names no member that does not exist, and leaves out none', () => {
    const members = Object.getOwnPropertyNames(WhatsAppServer.prototype).filter((name) => name !== 'constructor')
    const ofPhones = Object.getOwnPropertyNames(AccountPhone.prototype)
    const mentioned = [...page.matchAll(/`(?:server\.|await )?(\w+)[`(]/g)].map(([, name]) => name)
    const calls = [...page.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name)
    const missing = [...members, ...ofPhones.filter((name) => name !== 'constructor')].filter(
      (name) => !mentioned.includes(name) && !page.includes(`server.${name}`),
    )
    expect(missing.filter((name) => !['port', 'rootPublicKey', 'openConnections'].includes(name))).toEqual([])
    expect(calls.filter((name) => name === undefined || !([...members, ...ofPhones].includes(name) || name in testing))).toEqual([])
  })
})
