import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { fileStore, snapshot, storePaired } from '../cli/stored-sessions.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { ApiClient, inShort } from './api-client.js'
import { eventually } from './eventually.js'
import { ExampleProgram } from './example-program.js'
import { StreamReader } from './stream-reader.js'

const SIMULATED = ['--simulated', '--port', '0']
const ENVIRONMENT = { TOKEN_SECRET: 'x'.repeat(32) }

async function untilStatus(client: ApiClient, status: string): Promise<void> {
  await eventually(async () => {
    expect((await client.get('/api/whatsapp/status')).body).toMatchObject({ status })
  })
}

async function press(client: ApiClient, action: string): Promise<string> {
  return inShort(await client.post('/api/simulated-phone', { action }))
}

/** Where the programs put what is temporary; tsx keeps what it compiled there, so that the second start is quicker. */
const temporary = mkdtempSync(join(tmpdir(), 'baileys-sessions-'))
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true })
})

/** A port that something listens on until the test ends. */
async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  // It listens on a port, not on a socket file.
  return (server.address() as AddressInfo).port
}

/** What the programs left behind. */
function leftBehind(): string[] {
  return readdirSync(temporary).filter((name) => !name.startsWith('tsx-'))
}

describe('npm run example', { timeout: 120_000 }, () => {
  it('links by a simulated phone, is killed, and is connected again by itself', { tags: 'full' }, async () => {
    const data = join(temporaryFolder(), 'data')
    const first = new ExampleProgram([...SIMULATED, '--data', data], temporary)
    const acme = await first.client('acme')
    const reader = await StreamReader.open(acme, 'acme')
    const { body } = await acme.post('/api/whatsapp/connect', { company_id: 'acme' })
    const { qr } = body['pairing'] as { qr: string }
    expect(await press(acme, 'scan')).toBe('204')
    await untilStatus(acme, 'connected')
    await eventually(() => {
      expect(reader.events('status').at(-1)?.data).toMatchObject({ status: 'connected' })
    })
    expect(await first.end('SIGKILL')).toBeNull()

    const second = new ExampleProgram([...SIMULATED, '--data', data], temporary)
    const again = await second.client('acme')
    const seen = await StreamReader.open(again, 'acme')
    // A browser is still signed in.
    expect(inShort(await new ApiClient(again.url, undefined, acme.headers).get('/api/me'))).toBe('200')
    await untilStatus(again, 'connected')
    await eventually(() => {
      expect(seen.events('restore').at(-1)?.data).toMatchObject({ done: 1, total: 1, restored: 1, finished: true })
    })
    expect(
      seen
        .events('status')
        .map(({ data: event }) => event['status'])
        .filter((status) => status !== 'connecting'),
    ).toEqual(['connected'])
    expect(seen.events('pairing')).toEqual([])
    expect(await second.end('SIGTERM')).toBe(0)
    // WhatsApp itself must not see this device.
    const real = new ExampleProgram(['--port', '0', '--data', data], temporary, ENVIRONMENT)
    expect([await real.ended(), real.output]).toEqual([
      1,
      expect.stringContaining(`Session "acme" in ${data} was linked to a simulated WhatsApp, and the real one does not know it.`),
    ])

    // The QR code linked the phone: it is in no log, as a whole or in part.
    for (const part of [qr, ...qr.split(/[,#]/u).filter(({ length }) => length > 20)]) expect(first.output + second.output).not.toContain(part)
    expect(leftBehind()).toEqual([])
  })

  it("shows what people do at the phone, and keeps one company from another one's phone", { tags: 'full' }, async () => {
    const program = new ExampleProgram(SIMULATED, temporary)
    const [acme, globex] = [await program.client('acme'), await program.client('globex')]
    expect(await press(acme, 'scan')).toBe('409 nothing_to_scan')
    expect(await press(acme, 'unlink')).toBe('409 not_paired')
    expect(await press(acme, 'throw')).toBe('400 bad_request')
    expect(inShort(await globex.post('/api/simulated-phone', { company_id: 'acme', action: 'cut-network' }))).toBe('403 forbidden')

    const { body } = await acme.post('/api/whatsapp/pairing-code', { phone_number: '5511912345678' })
    const { code } = body['pairing'] as { code: string }
    expect(await press(acme, 'scan')).toBe('204')
    await globex.post('/api/whatsapp/connect')
    expect(await press(globex, 'scan')).toBe('204')
    await Promise.all([untilStatus(acme, 'connected'), untilStatus(globex, 'connected')])

    expect(await press(acme, 'cut-network')).toBe('204')
    await untilStatus(acme, 'reconnecting')
    expect((await acme.get('/api/whatsapp/status')).body['next_retry_at']).toEqual(expect.any(String))
    expect((await globex.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connected' })
    expect(await press(acme, 'restore-network')).toBe('204')
    await untilStatus(acme, 'connected')
    expect(await press(acme, 'unlink')).toBe('204')
    await untilStatus(acme, 'logged_out')
    expect((await globex.get('/api/whatsapp/status')).body).toMatchObject({ status: 'connected' })

    expect(await program.end('SIGINT')).toBe(0)
    expect(program.output).not.toContain(code)
    expect(leftBehind()).toEqual([])
  })

  it('leaves nothing behind when it is killed, either', { tags: 'full' }, async () => {
    const program = new ExampleProgram(SIMULATED, temporary)
    await (await program.client('acme')).post('/api/whatsapp/connect')
    await program.end('SIGKILL')
    expect(leftBehind()).toEqual([])
  })

  it('ends within its deadline while somebody reads events and a pairing is under way', { tags: 'full' }, async () => {
    const program = new ExampleProgram(SIMULATED, temporary)
    const acme = await program.client('acme')
    const reader = await StreamReader.open(acme, 'acme')
    await StreamReader.open(acme, 'acme', { reads: false })
    await acme.post('/api/whatsapp/connect')
    expect(await program.end('SIGTERM')).toBe(0)
    expect(reader.hasEnded).toBe(true)
  })

  it('says what is missing, and prints tokens that work', { tags: 'full' }, async () => {
    const cases: readonly (readonly [args: readonly string[], environment: NodeJS.ProcessEnv, says: RegExp])[] = [
      [[], {}, /TOKEN_SECRET is not set[^]*openssl rand -hex 32/u],
      [[], { TOKEN_SECRET: 'short' }, /TOKEN_SECRET has 5 characters, but needs at least 32/u],
      [['--token', 'acme'], ENVIRONMENT, /--token acme agent/u],
      [['--port', 'http'], ENVIRONMENT, /--port must be a whole number from 0 to 65535, but is "http"/u],
      [['serve'], ENVIRONMENT, /Unknown argument "serve"/u],
      [[...SIMULATED, '--data', join(process.cwd(), 'package.json')], {}, /package\.json'\. It cannot hold the sessions: choose another folder with --data/u],
      [['--port', String(await takenPort())], ENVIRONMENT, /EADDRINUSE.*: stop it, or choose another port with --port/u],
      [['--simulated', '--port', String(await takenPort())], {}, /EADDRINUSE.*: stop it, or choose another port with --port/u],
    ]
    const programs = cases.map(([args, environment]) => new ExampleProgram(args, temporary, environment))
    const printer = new ExampleProgram(['--token', 'acme', 'agent'], temporary, ENVIRONMENT)
    for (const [index, program] of programs.entries()) {
      const [args, , says] = cases[index] ?? []
      expect([args, await program.ended()]).toEqual([args, 1])
      expect(program.output).toMatch(says ?? '')
      expect(program.output).not.toMatch(/^ +at /mu)
    }
    await eventually(() => {
      expect(leftBehind()).toEqual([])
    })
    expect(await printer.ended()).toBe(0)

    const data = join(temporaryFolder(), 'sessions')
    const program = new ExampleProgram(['--port', '0', '--data', data], temporary, ENVIRONMENT)
    const [, url = ''] = await program.prints(/^Listening on (http:\S+), sessions in /mu)
    expect((await new ApiClient(url, printer.output.trim()).get('/api/whatsapp/status')).body).toMatchObject({ company_id: 'acme', reason: 'never_paired' })
    expect(await program.end('SIGTERM')).toBe(0)
  })

  it('lets no simulated WhatsApp near sessions that are linked to a real phone', { tags: 'full' }, async () => {
    const data = join(temporaryFolder(), 'sessions')
    await storePaired(fileStore(data), 'acme')
    const before = snapshot(data)
    const program = new ExampleProgram([...SIMULATED, '--data', data], temporary)
    expect([await program.ended(), program.output]).toEqual([
      1,
      expect.stringContaining(`Session "acme" in ${data} is real, and a simulated WhatsApp would mark it as logged out.`),
    ])
    expect(snapshot(data)).toEqual(before)
  })

  it('runs on Fastify, too', { tags: 'full' }, async () => {
    const printer = new ExampleProgram(['--token', 'acme', 'admin'], temporary, ENVIRONMENT, 'examples/fastify/main.ts')
    expect(await printer.ended()).toBe(0)
    const program = new ExampleProgram(['--port', '0', '--data', temporaryFolder()], temporary, ENVIRONMENT, 'examples/fastify/main.ts')
    const [, url = ''] = await program.prints(/^Listening on (http:\S+),/mu)
    expect((await new ApiClient(url, printer.output.trim()).get('/api/whatsapp/sessions')).body).toEqual({ sessions: [] })
    expect(await program.end('SIGTERM')).toBe(0)
  })
})
