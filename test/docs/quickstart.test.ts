// @module-tag full
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { readDrawnQrs } from './drawn-qr.js'
import { ExampleProcess, writeExample } from './example-process.js'
import { codeBlocksOf, readPage } from './markdown.js'

const code = readFileSync('examples/quickstart.ts', 'utf8')
const CONNECTED = /^shop: connected\. Connected\.$/mu

it('is the first block of the README, and has at most 25 lines', () => {
  const block = codeBlocksOf(readPage('README.md')).find(({ language }) => language === 'ts')
  expect(block?.code).toBe(code)
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

it('draws a QR that a phone can scan, is killed, and comes back without one', async () => {
  const server = await WhatsAppServer.start()
  onTestFinished(() => server.close())
  const folder = temporaryFolder()
  const file = writeExample(folder, 'quickstart.mjs', code)

  const first = new ExampleProcess(file, server)
  // The server retires the first one at once.
  const qr = await first.shows((output) => readDrawnQrs(output)[1], 'a second QR')
  const { deviceKey } = await server.scanQr(qr, { phone: '491700000001' })
  await first.prints(CONNECTED)
  await server.phoneText('491700000001', deviceKey, 'hello')
  await first.prints(/^shop: 1 message\(s\)$/mu)
  // What is not acknowledged would be sent again to the second one.
  await server.waitFor(() => server.device(deviceKey).queued === 0)
  await first.end('SIGKILL')
  expect(first.errors).toBe('')

  const second = new ExampleProcess(file, server)
  await second.prints(CONNECTED)
  expect(second.output).toContain('shop: connecting. Restoring connection from saved session...\n')
  expect(second.output).not.toContain('█')
  await server.phoneText('491700000001', deviceKey, 'hello again')
  await second.prints(/^shop: 1 message\(s\)$/mu)
  expect(server.logins(deviceKey)).toBe(2)

  expect(await second.end('SIGINT')).toBe(0)
  expect(second.errors).toBe('')
  expect(server.devices()).toEqual([deviceKey])
})
