// @module-tag full
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openNamedStore } from '../../examples/demo/named-store.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { expectTidy, runDemo } from './run-demo.js'

/** What a store holds when the demo is over. */
async function sessionsIn(storeName: string): Promise<string[]> {
  const { store, close } = await openNamedStore(storeName)
  const sessionIds: string[] = []
  for await (const sessionId of store.list()) sessionIds.push(sessionId)
  await close()
  return sessionIds
}

describe('npm run demo -- --cluster', { timeout: 90_000 }, () => {
  it('kills one of three processes, lets one join, drains one, and keeps all sessions without a QR code', async () => {
    const run = await runDemo(['--cluster'])
    expectTidy(run)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.output).toMatch(/^ +\d+\.\d s {2}the first one is back after \d+\.\d s, all \d+ after \d+\.\d s, without a QR code$/m)
    expect(run.output).toMatch(/^ +\d+\.\d s {2}D has (?:9|1\d) after \d+\.\d s$/m)
    expect(run.output).toMatch(/^ +\d+\.\d s {2}B has ended with exit code 0 after \d+\.\d s$/m)
    expect(run.output.match(/^ +\d+\.\d s {2}\d+ hand-overs, each without a socket for \d+\.\d s at most$/gm)).toHaveLength(2)
    expect(run.output).toMatch(/^C +15 .+\nD +15 /m)
    expect(run.output).not.toContain('Problem')
    expect(run.lines.at(-2)).toBe('30 of 30 sessions are connected, and nobody had to link a phone again.')
  })

  it('leaves no session in a store that was named, also when it is interrupted', async () => {
    const storeName = `sqlite:${join(temporaryFolder(), 'named.db')}`
    const run = await runDemo(['--cluster', '--store', storeName], 'every session is connected')
    expectTidy(run)
    expect(run.exitCode).toBe(130)
    expect(await sessionsIn(storeName)).toEqual([])
  })

  it('refuses a store that holds sessions, and leaves them alone', async () => {
    const storeName = `sqlite:${join(temporaryFolder(), 'named.db')}`
    const { store, close } = await openNamedStore(storeName)
    await store.write('customer', [{ type: 'creds', id: '', value: '{}' }])
    await close()
    const run = await runDemo(['--cluster', '--store', storeName])
    expectTidy(run)
    expect(run.exitCode).toBe(1)
    expect(run.output).toContain('The demo failed. The store already holds session "customer". Name an empty one.')
    expect(await sessionsIn(storeName)).toEqual(['customer'])
  })

  it.each([
    [['--store', 'sqlite:./any.db'], '--store is for --cluster.'] as const,
    [['--cluster', '--compare'], 'Choose one of --compare and --cluster.'] as const,
  ])('refuses %s', async (args, message) => {
    const run = await runDemo(args)
    expectTidy(run)
    expect(run.exitCode).toBe(1)
    expect(run.output).toContain(message)
  })
})
