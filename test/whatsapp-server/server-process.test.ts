import { expect, it } from 'vitest'
import { ServerProcess } from '../support/server-process.js'
import { BaileysClient, newDevice } from './baileys-client.js'

it('runs in a process of its own, is called by name, and starts again from its state after SIGKILL', { tags: 'full', timeout: 30_000 }, async () => {
  const first = await ServerProcess.start({ registration: 'classic' })
  const device = newDevice()
  const pairing = new BaileysClient(first.url, device)
  const { deviceKey } = await first.call('scanQr', await pairing.qr(), { phone: '491700000001' })
  await pairing.closed()
  await expect(first.call('device', '491700000001:9')).rejects.toThrow('No device 491700000001:9 was ever linked')
  const state = await first.call('exportState')
  await first.kill()

  await using second = await ServerProcess.start({ state, port: first.port })
  expect(second.rootPublicKey).toEqual(first.rootPublicKey)
  const login = second.waitFor('login', 10_000)
  const client = await new BaileysClient(second.url, device).opened()
  expect(await login).toMatchObject({ deviceKey })
  await second.until((logins) => logins === 1, 5000, 'logins', deviceKey)
  expect(await second.get('errors')).toEqual([])
  await client.end()
})
