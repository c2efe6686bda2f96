// @module-tag full
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SimulatedWhatsApp } from '../../examples/express/simulation/simulated-whatsapp.js'
import { StateFile } from '../../examples/express/simulation/state-file.js'
import { realStage, simulatedStage } from '../../examples/express/stage.js'
import { secretForSimulation } from '../../examples/express/token-secret.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const CHILD = resolve('examples/express/simulation/simulated-whatsapp-child.ts')

it('keeps its secret from start to start, and makes another one in the place of half a one', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'token-secret')
  writeFileSync(file, '')
  const secret = secretForSimulation(folder)
  expect(secret).toMatch(/^[\da-f]{64}$/u)
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([secret, 0o600])
  expect(secretForSimulation(folder)).toBe(secret)
  expect(readdirSync(folder)).toEqual(['token-secret'])
})

it('signs tokens that no server with real sessions takes, and takes none of theirs', async () => {
  const environment = { TOKEN_SECRET: 'x'.repeat(32) }
  const real = await realStage({ data: join(temporaryFolder(), 'data'), address: null }, environment)
  const simulation = await simulatedStage({ data: null, address: null }, environment)
  onTestFinished(async () => {
    await Promise.all(
      [real, simulation].map(async ({ sessions, close }) => {
        await sessions.close()
        await close()
      }),
    )
  })
  const admin = { companyId: 'acme', role: 'admin' } as const
  await expect(real.tokens.read(await simulation.tokens.issue(admin, 60))).rejects.toMatchObject({ status: 401 })
  await expect(simulation.tokens.read(await real.tokens.issue(admin, 60))).rejects.toMatchObject({ status: 401 })
  await expect(real.tokens.read(await real.tokens.issue(admin, 60))).resolves.toMatchObject(admin)
  await expect(simulation.tokens.read(await simulation.tokens.issue(admin, 60))).resolves.toMatchObject(admin)
})

it('saves what the simulated WhatsApp knows once at a time, the last of it last', async () => {
  const folder = temporaryFolder()
  const file = new StateFile(join(folder, 'inside'))
  expect(await file.read()).toBeNull()
  await Promise.all([1, 2, 3, 4].map(async (port) => file.write({ port, state: 'x'.repeat(100_000 * (5 - port)) })))
  expect(await file.read()).toEqual({ port: 4, state: 'x'.repeat(100_000) })
  expect(readdirSync(join(folder, 'inside'))).toEqual(['simulated-whatsapp.json'])
})

it.each([false, true])('ends when the server was killed before it listened (ephemeral: %s)', { tags: 'full', timeout: 60_000 }, async (isEphemeral) => {
  const folder = join(temporaryFolder(), 'data')
  const child = fork(CHILD, [JSON.stringify({ folder, isEphemeral })], {
    execArgv: ['--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(await new StateFile(folder).read()).toEqual(isEphemeral ? null : { port: expect.any(Number), state: expect.any(String) })
})

it('says what to do when its port is taken for good', { tags: 'full', timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => {
    taken.close()
  })
  // It listens on a port, not on a socket file.
  const { port } = taken.address() as AddressInfo
  await new StateFile(folder).write({ port, state: '' })
  await expect(SimulatedWhatsApp.start({ folder, isEphemeral: false })).rejects.toThrow(
    `The simulated WhatsApp did not start in ${folder}. Another example is running on this folder, or something else uses port ${port}: stop it, or choose another folder with --data.`,
  )
})
