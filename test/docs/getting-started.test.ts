import { expect, it, onTestFinished } from 'vitest'
import { WhatsAppServer } from '../../src/testing/whatsapp-server/index.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { readDrawnQrs } from './drawn-qr.js'
import { ExampleProcess, writeExample } from './example-process.js'
import { codeBlocksOf, readPage } from './markdown.js'

const blocks = codeBlocksOf(readPage('docs/getting-started.md')).filter(({ language }) => language === 'ts')

/** The block that has this in it. */
function blockWith(text: string): string {
  const found = blocks.filter(({ code }) => code.includes(text))
  expect(found).toHaveLength(1)
  return found[0]?.code ?? ''
}

it('app.mjs draws a QR, and ends with Ctrl-C', { tags: 'full' }, async () => {
  const server = await WhatsAppServer.start()
  onTestFinished(() => server.close())
  const app = new ExampleProcess(writeExample(temporaryFolder(), 'app.mjs', blockWith('encodeQR(')), server)
  await app.prints(/^company-1: pairing\./mu)
  await app.shows((output) => readDrawnQrs(output)[0], 'a QR')
  expect(await app.end('SIGINT')).toBe(0)
  expect(app.errors).toBe('')
})

it('try.mjs links a phone without one, and ends by itself', async () => {
  const trial = new ExampleProcess(writeExample(temporaryFolder(), 'try.mjs', blockWith('WhatsAppServer.start')))
  await trial.prints(/^connected: Connected\.$/mu)
  expect(await trial.ended()).toBe(0)
  expect(trial.errors).toBe('')
})
