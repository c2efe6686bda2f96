import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gauge, Registry } from 'prom-client'
import { serveObservability } from './observability-server.js'

test('metrics, liveness and readiness have an address of their own, on loopback', async () => {
  const registry = new Registry()
  new Gauge({ name: 'sessions', help: 'Sessions.', registers: [registry] }).set(3)
  const life = { isReady: false }
  await using server = await serveObservability({ registry, isReady: () => life.isReady, port: 0 })
  const ask = async (path: string): Promise<unknown[]> => {
    const response = await fetch(`${server.url}${path}`)
    return [response.status, await response.text()]
  }
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/u)
  assert.deepEqual(await ask('/live'), [200, 'alive\n'])
  assert.deepEqual(await ask('/ready'), [503, 'not ready\n'])
  life.isReady = true
  assert.deepEqual(await ask('/ready'), [200, 'ready\n'])
  assert.match(String((await ask('/metrics'))[1]), /^sessions 3$/mu)
  assert.equal((await ask('/'))[0], 404)
})

test('metrics that cannot be put together are an error, and no end of the process', async () => {
  const registry = new Registry()
  new Gauge({
    name: 'sessions',
    help: 'Sessions.',
    registers: [registry],
    collect: () => {
      throw new Error('It cannot.')
    },
  })
  await using server = await serveObservability({ registry, isReady: () => true, port: 0 })
  assert.equal((await fetch(`${server.url}/metrics`)).status, 500)
})
