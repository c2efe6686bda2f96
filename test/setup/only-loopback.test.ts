import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'

const ENDED = [97, 'Tests ask nobody outside of this machine, but this process connects to web.whatsapp.com.\n']

/** How a process ends that runs this code, and what it prints as an error. */
function run(code: string): [status: number | null, errors: string] {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  return [status, stderr]
}

it.each([
  ['fetch', "await fetch('https://web.whatsapp.com/sw.js').catch(() => undefined)"],
  ['a websocket', "new (await import('ws')).default('wss://web.whatsapp.com/ws/chat').on('error', () => undefined)"],
  ['a socket', "(await import('node:net')).connect(443, 'web.whatsapp.com').on('error', () => undefined)"],
])('a process of a test that asks WhatsApp by %s ends at once', (_name, code) => {
  expect(run(code)).toEqual(ENDED)
})

it('loopback may be asked, by any of its names', async () => {
  const server = createServer((_request, response) => response.end('here'))
  onTestFinished(() => {
    server.close()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await fetch(`http://${host}:${port}`)
    expect(await answer.text()).toBe('here')
  }
})
