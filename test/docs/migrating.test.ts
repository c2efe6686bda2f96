import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
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
  expect(readdirSync(folder)).toContain('.baileys-sessions')
  expect(readdirSync(session).filter((name) => name === 'lifecycle.json' || name === '.names.json' || name.startsWith('~'))).toEqual([])

  const back = new ExampleProcess(stock, server)
  await back.prints(CONNECTED)
  expect(back.output).not.toContain('QR code')
  expect(server.devices()).toEqual([deviceKey])
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
