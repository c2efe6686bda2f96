// @module-tag full
import { expect, it } from 'vitest'
import { answerPings } from '../../examples/express/ping-pong.js'
import { openWorld } from '../support/e2e.js'
import { openExample, pair } from './example-server.js'

it('answers "ping" with "pong" through a handler attached once, before and after reconnects of every kind', async () => {
  await using world = await openWorld()
  const { server } = world
  const manager = world.makeManager()
  const failures: unknown[] = []
  answerPings(manager, (error) => failures.push(error))
  const { deviceKey } = await world.pair(manager, 'acme')

  const customer = '5511987654321'
  const pongs = (): (string | undefined)[] => server.messages(customer).map(({ text }) => text ?? undefined)
  const ping = async (text: string): Promise<void> => {
    await server.phoneText(customer, deviceKey, text)
  }
  await ping('ping')
  await server.waitFor(() => pongs().length === 1)

  for (const [round, cut] of [
    () => server.drop(deviceKey),
    () => server.kick(deviceKey, 503),
    () => server.kick(deviceKey, 515),
    () => server.closeClean(deviceKey),
  ].entries()) {
    const back = server.waitFor('login')
    cut()
    await back
    await manager.waitUntilConnected('acme')
    await ping('hello')
    await ping(' Ping ')
    await server.waitFor(() => pongs().length === round + 2)
  }
  expect(pongs()).toEqual(Array.from({ length: 5 }, () => 'pong'))
  expect(failures).toEqual([])
})

it('answers people, also those who wrote while the process was down, and not the status of a contact', async () => {
  const example = await openExample()
  await pair(example, 'acme', '5511912345678')
  const socket = example.baileys.lastSocket
  for (const from of ['status@broadcast', '1234567890@broadcast']) socket?.receive('ping', { from })
  socket?.receive({ imageMessage: { caption: 'ping' } }, { from: '5511987654321' })
  socket?.receive({ extendedTextMessage: { text: 'PING' } }, { from: '5511987654322' })
  expect(await socket?.takeSentMessage()).toMatchObject({ jid: '5511987654322@s.whatsapp.net', content: { text: 'pong' } })
  socket?.receive('ping', { from: '5511987654323', type: 'append' })
  expect(await socket?.takeSentMessage()).toMatchObject({ jid: '5511987654323@s.whatsapp.net', content: { text: 'pong' } })
})
