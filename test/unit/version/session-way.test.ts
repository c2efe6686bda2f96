import { Agent } from 'node:https'
import { expect, it } from 'vitest'
import { wayOf } from '../../../src/version/version-source.js'

const agent = new Agent()
const dispatcher = { dispatch: () => true }
/** As Baileys 6.7 has them: options of axios. */
const axios = (options: object): object => ({ options })

it.each<[name: string, config: object, isProxied: boolean, dispatcher: object | undefined]>([
  ['no wishes', {}, false, undefined],
  ['an agent for the websocket', { agent }, true, undefined],
  ['an agent for media', { fetchAgent: agent }, true, undefined],
  ['an agent for media that is a dispatcher', { fetchAgent: dispatcher }, true, dispatcher],
  ['a dispatcher for requests', { options: { dispatcher } }, false, dispatcher],
  ['both', { agent, options: { dispatcher } }, true, dispatcher],
  ['a dispatcher for requests, and one for media', { fetchAgent: { dispatch: () => false }, options: { dispatcher } }, true, dispatcher],
  ['no dispatcher, but something else of that name', { options: { dispatcher: {} } }, false, undefined],
  ['an agent of axios for https', axios({ httpsAgent: agent }), true, undefined],
  ['an agent of axios for http', axios({ httpAgent: agent }), true, undefined],
  ['a proxy of axios', axios({ proxy: { host: '127.0.0.1', port: 3128 } }), true, undefined],
  ['axios told to use no proxy', axios({ proxy: false }), false, undefined],
  ['headers alone', { options: { headers: { origin: 'https://web.whatsapp.com' } } }, false, undefined],
  ['nothing in each place', { agent: undefined, fetchAgent: undefined, options: undefined }, false, undefined],
])('of %s', (_name, config, isProxied, expected) => {
  const way = wayOf(config)
  expect(way.isProxied).toBe(isProxied)
  expect(way.dispatcher).toBe(expected)
})
