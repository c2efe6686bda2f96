// @module-tag full
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Tokens } from '../../examples/express/access/tokens.js'
import { HopTokens } from '../../examples/express/cluster/hop-tokens.js'
import { secretForSimulation } from '../../examples/express/token-secret.js'
import { ApiClient, inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { ExampleProgram } from './example-program.js'
import { StreamReader } from './stream-reader.js'

const STATUS = '/api/whatsapp/status'

const temporary = mkdtempSync(join(tmpdir(), 'baileys-sessions-'))
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

/** One of the processes. */
interface ExampleProcess {
  url: string
  pid: number
  client: ApiClient
}

/** Waits until all processes listen. */
async function processesOf(program: ExampleProgram, count: number): Promise<{ processes: ExampleProcess[]; folder: string }> {
  const acme = await program.client('acme')
  const line = /^Listening on (http:\S+), with a simulated WhatsApp, sessions in (.+), process (\d+)$/gmu
  await program.prints(new RegExp(`(?:^Listening on .+\\n[^]*){${count}}`, 'mu'))
  const lines = [...program.output.matchAll(line)]
  const processes = lines.map(([, url = '', , pid]) => ({ url, pid: Number(pid), client: new ApiClient(url, undefined, acme.headers) }))
  return { processes, folder: lines[0]?.[2] ?? '' }
}

async function untilStatus({ client }: ExampleProcess, status: string): Promise<void> {
  await eventually(async () => {
    expect((await client.get(STATUS)).body).toMatchObject({ status })
  })
}

describe('npm run example -- --cluster', { timeout: 120_000 }, () => {
  it('answers for every session at each process, and hands them over when one is told to end', async () => {
    const program = new ExampleProgram(['--simulated', '--cluster', '--port', '0'], temporary)
    const { processes, folder } = await processesOf(program, 2)
    const [here = expect.fail(), there = expect.fail()] = processes
    const { body } = await there.client.post('/api/whatsapp/connect')
    expect(body).toMatchObject({ status: 'pairing', is_local: true })

    // The QR code at the other process.
    const reader = await StreamReader.open(here.client, 'acme')
    const { qr } = body['pairing'] as { qr: string }
    await eventually(() => {
      expect(reader.events('status')[0]?.data).toMatchObject({ status: 'pairing', pairing: { qr: expect.any(String) } })
    })
    expect((await here.client.get(STATUS)).body).toMatchObject({ status: 'pairing', pairing: { qr: expect.any(String) } })
    expect(inShort(await here.client.post('/api/simulated-phone', { action: 'scan' }))).toBe('204')
    await eventually(() => {
      expect(reader.events('status').at(-1)?.data).toMatchObject({ status: 'connected' })
    })
    expect(program.output).not.toContain(qr)

    // What claims to have been sent on.
    const secret = new Tokens(secretForSimulation(folder), 'simulation').derive('hop')
    const caller = { companyId: 'acme', role: 'agent', expiresAt: new Date(Date.now() + 60_000) } as const
    const sentOn = async (key: string, to: ExampleProcess): Promise<string> => {
      const token = await new HopTokens(key, 'http://127.0.0.1:1').issue({ method: 'GET', originalUrl: STATUS }, caller, to.url)
      return inShort(await new ApiClient(to.url, undefined, { authorization: `Hop ${token}` }).get(STATUS))
    }
    expect(await sentOn(secret, here)).toBe('409 owned_elsewhere')
    expect(await sentOn(secret, there)).toBe('200')
    expect(await sentOn('x'.repeat(64), there)).toBe('403 forbidden')

    process.kill(there.pid, 'SIGTERM')
    await program.prints(new RegExp(`^The process on port ${new URL(there.url).port} has ended`, 'mu'))
    expect(reader.hasEnded).toBe(true)
    await untilStatus(here, 'connected')
    expect((await here.client.get(STATUS)).body).toMatchObject({ is_local: true })
    expect(program.output.match(/"acme": pairing/gu)).toHaveLength(1)
    expect(await program.end('SIGTERM')).toBe(0)
    expect(readdirSync(temporary).filter((name) => !name.startsWith('tsx-'))).toEqual([])
  })

  it('goes on with the sessions of a process that was killed', async () => {
    const program = new ExampleProgram(['--simulated', '--cluster=3', '--port', '0'], temporary)
    const { processes } = await processesOf(program, 3)
    const [killed = expect.fail(), here = expect.fail()] = processes
    await killed.client.post('/api/whatsapp/connect')
    expect(inShort(await here.client.post('/api/simulated-phone', { action: 'scan' }))).toBe('204')
    await untilStatus(here, 'connected')
    process.kill(killed.pid, 'SIGKILL')
    await program.prints(/^The process on port \d+ has ended/mu)
    await untilStatus(here, 'connected')
    expect(program.output.match(/"acme": pairing/gu)).toHaveLength(1)
    expect(await program.end('SIGINT')).toBe(0)
  })

  it('says what is wrong', async () => {
    const environment = { TOKEN_SECRET: 'x'.repeat(32) }
    const cases: readonly (readonly [args: readonly string[], environment: NodeJS.ProcessEnv, says: RegExp, script?: string])[] = [
      [['--cluster'], {}, /^TOKEN_SECRET is not set/u],
      [['--simulated', '--join'], {}, /^The processes of a simulation share its WhatsApp/u],
      [['--cluster'], environment, /^Only the Express example runs as several processes/u, 'examples/fastify/main.ts'],
    ]
    const programs = cases.map(([args, variables, , script]) => new ExampleProgram(args, temporary, variables, script))
    for (const [index, program] of programs.entries()) {
      const [args, , says = /$^/u] = cases[index] ?? []
      expect([args, await program.ended()]).toEqual([args, 1])
      expect(program.output).toMatch(says)
    }
  })
})
