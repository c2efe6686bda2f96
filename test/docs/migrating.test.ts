import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { openSqliteDatabase } from '../../src/sqlite.js'
import { pairedCreds } from '../../src/testing/index.js'
import { runCommand } from '../cli/command-line.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { ExampleProcess, writeExample } from './example-process.js'
import { codeBlocksOf, readPage } from './markdown.js'

const CONNECTED = /^connected$/mu

function blockWith(text: string): string {
  const block = codeBlocksOf(readPage('docs/migrating.md')).find(({ code }) => code.includes(text))
  if (block === undefined) throw new Error(`docs/migrating.md has no block with ${text}.`)
  return block.code
}

it('moves a session from stock code here and back, without a QR code', { tags: 'full' }, async () => {
  // Stock code knows no refreshed registration.
  const server = await WhatsAppServer.start({ registration: 'classic' })
  onTestFinished(() => server.close())
  const folder = temporaryFolder()
  const session = join(folder, 'auth_info_baileys')
  const stock = writeExample(folder, 'stock.mts', blockWith('saveCreds'))
  const ours = writeExample(folder, 'ours.mts', blockWith('new SessionManager'))

  const paired = new ExampleProcess(stock, server)
  const [, qr = ''] = await paired.prints(/^QR code: (\S+)$/mu)
  const { deviceKey } = await server.scanQr(qr, { phone: '491700000001' })
  await paired.prints(CONNECTED)
  // Killed while it saves, stock code would leave an empty file.
  await untilQuiet(session)
  await paired.end('SIGKILL')

  const restored = new ExampleProcess(ours, server)
  await restored.prints(CONNECTED)
  expect(await restored.end('SIGTERM')).toBe(0)
  expect(restored.output + restored.errors).toBe('connected\n')
  expect(readdirSync(session)).toContain('.baileys-sessions')
  expect(readdirSync(folder)).not.toContain('.baileys-sessions')
  expect(readdirSync(session).filter((name) => name === 'lifecycle.json' || name === '.names.json' || name.startsWith('~'))).toEqual([])

  const back = new ExampleProcess(stock, server)
  await back.prints(CONNECTED)
  expect(back.output).not.toContain('QR code')
  expect(server.devices()).toEqual([deviceKey])
})

it('copies the SQLite auth state of Baileys', async () => {
  const folder = temporaryFolder()
  const database = await openSqliteDatabase(join(folder, 'auth.db'))
  database.exec('CREATE TABLE creds (key TEXT PRIMARY KEY, value TEXT NOT NULL)')
  database.exec('CREATE TABLE signal_keys (type TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (type, id))')
  database.prepare('INSERT INTO creds VALUES (?, ?)').run('creds', pairedCreds({ phone: '491700000001' }))
  for (const [type, id, value] of [
    ['pre-key', '7', '{"a":1}'],
    ['session', '49170.0', '{"b":2}'],
  ] as const)
    database.prepare('INSERT INTO signal_keys VALUES (?, ?, ?)').run(type, id, value)
  database.close()
  const copied = new ExampleProcess(writeExample(folder, 'copy.mts', blockWith('signal_keys')))
  await copied.prints(/^Copied 2 keys\.$/mu)
  expect(await copied.ended()).toBe(0)
  const { output } = await runCommand(['doctor', `fs:${join(folder, 'sessions')}`])
  expect(output).toContain('main: restorable')
  expect(readFileSync(join(folder, 'sessions', 'session-main', 'session-49170.0.json'), 'utf8')).toBe('{"b":2}')
})

async function untilQuiet(folder: string): Promise<void> {
  const look = (): string =>
    readdirSync(folder)
      .map((name) => `${name} ${textOf(join(folder, name))}`)
      .join('\n')
  for (let before = look(); ;) {
    await new Promise((wake) => {
      setTimeout(wake, 300)
    })
    const after = look()
    if (after === before) return
    before = after
  }
}

/** Stock code may remove a pre-key between the listing and the look at it. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return 'gone'
  }
}
