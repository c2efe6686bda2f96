// @module-tag full
import { mkdirSync, symlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import * as baileys from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { run } from '../../src/cli/run.js'
import { readPhoneOrder } from '../../src/cli/whatsapp-server-command.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { BaileysClient, newDevice } from '../whatsapp-server/baileys-client.js'
import { RefreshingClient } from '../whatsapp-server/refreshing-client.js'
import { runCommand } from './command-line.js'
import { buildProgram, type BuiltProgram, CommandProcess } from './command-process.js'

/** The program in this process, with somebody at the keyboard. */
class Terminal {
  output = ''
  errors = ''
  readonly #keyboard = new PassThrough()
  readonly #interrupt = new AbortController()
  readonly #ended: Promise<number>

  constructor(args: readonly string[]) {
    this.#ended = run(args, {
      stdout: {
        isTTY: false,
        write: (text) => {
          this.output += text
        },
      },
      stderr: {
        isTTY: false,
        write: (text) => {
          this.errors += text
        },
      },
      stdin: Object.assign(this.#keyboard, { isTTY: true }),
      variables: {},
      directory: '/',
      signal: this.#interrupt.signal,
    })
    onTestFinished(async () => {
      await this.interrupt()
    })
  }

  type(line: string): void {
    this.#keyboard.write(`${line}\n`)
  }

  async shows(text: string | RegExp, where: 'output' | 'errors' = 'output'): Promise<void> {
    await vi.waitFor(() => {
      expect(this[where]).toMatch(text)
    }, 15_000)
  }

  /** Ctrl-C. Resolves with the exit code. */
  async interrupt(): Promise<number> {
    this.#interrupt.abort()
    return this.#ended
  }
}

/** Does what the printed lines say, and resolves with the address. */
function follow(output: string): string {
  const [, key = ''] = /WA_CERT_DETAILS\.PUBLIC_KEY = Buffer\.from\('([0-9a-f]{64})', 'hex'\)/u.exec(output) ?? []
  const [, url = ''] = /makeWASocket\(\{ waWebSocketUrl: '(ws:\/\/127\.0\.0\.1:\d+\/ws\/chat)'/u.exec(output) ?? []
  const { PUBLIC_KEY } = baileys.WA_CERT_DETAILS
  baileys.WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(key, 'hex')
  onTestFinished(() => {
    baileys.WA_CERT_DETAILS.PUBLIC_KEY = PUBLIC_KEY
  })
  return url
}

function dial<Client extends BaileysClient>(
  Kind: new (...options: ConstructorParameters<typeof BaileysClient>) => Client,
  url: string,
  device = newDevice(),
): Client {
  const client = new Kind(url, device)
  onTestFinished(async () => {
    await client.end()
  })
  return client
}

const LISTENS = /A simulated WhatsApp is listening on ws:\/\/127\.0\.0\.1:\d+\/ws\/chat\. Press Ctrl-C to stop it\./u

describe('whatsapp-server', () => {
  it('prints what makeWASocket needs, and links a client whose QR is pasted, as WhatsApp does now', async () => {
    const terminal = new Terminal(['whatsapp-server'])
    await terminal.shows(LISTENS)
    const device = newDevice()
    const client = dial(RefreshingClient, follow(terminal.output), device)
    const first = await client.qr()
    await terminal.shows(/A client wants to be linked: \S+ \(.+\), WhatsApp Web 2\.\d+\.\d+\./u)
    terminal.type(first)
    await terminal.shows('This QR code was retired', 'errors')
    terminal.type(`  ${await client.shows(first)} +491700000099 `)
    await terminal.shows('Linked 491700000099:1.')
    expect(await client.closed()).toMatchObject({ code: 515 })
    await dial(BaileysClient, follow(terminal.output), device).opened()
    await terminal.shows('Logged in: 491700000099:1.')
    expect(await terminal.interrupt()).toBe(0)
  })

  it('links a Baileys that does not answer a refresh, with --classic, each time at another phone', async () => {
    const terminal = new Terminal(['whatsapp-server', '--classic'])
    await terminal.shows('It links as WhatsApp did until July 2026')
    const client = dial(BaileysClient, follow(terminal.output))
    terminal.type(await client.qr())
    await terminal.shows('Linked 491700000001:1.')
    const second = dial(BaileysClient, follow(terminal.output))
    terminal.type(await second.qr())
    await terminal.shows('Linked 491700000002:1.')
  })

  it('types pairing codes, and says why one does not work', async () => {
    const terminal = new Terminal(['whatsapp-server', '--classic'])
    await terminal.shows(LISTENS)
    const client = dial(BaileysClient, follow(terminal.output))
    await client.qr()
    const code = await client.socket.requestPairingCode('491700000042')
    await terminal.shows('A client shows a pairing code for 491700000042.')
    terminal.type('code 491700000042 ZZZZ-ZZZZ')
    await terminal.shows('The pairing code is wrong.', 'errors')
    terminal.type(`code +491700000042 ${code.slice(0, 4).toLowerCase()}-${code.slice(4)}`)
    await terminal.shows('Linked 491700000042:1.')
  })

  it('takes no other line, and goes on', async () => {
    const terminal = new Terminal(['whatsapp-server'])
    await terminal.shows(LISTENS)
    terminal.type('')
    terminal.type('hello')
    await terminal.shows('This is neither the text of a QR code nor "code <number> <code>".', 'errors')
    terminal.type('2@nobody,a,b,c')
    await terminal.shows('The QR code has expired', 'errors')
    expect(terminal.errors.trimEnd().split('\n')).toHaveLength(2)
    expect(await terminal.interrupt()).toBe(0)
  })

  it('listens on the port that it is given, and says so when that is taken or none', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    expect(await runCommand(['whatsapp-server', '--port', String(port)])).toEqual({
      code: 1,
      output: '',
      errors: `Port ${port} is in use. Give another one with --port, or leave --port out to use any free port.\n`,
    })
    other.close()
    await once(other, 'close')
    const terminal = new Terminal(['whatsapp-server', '--port', String(port)])
    await terminal.shows(`ws://127.0.0.1:${port}/ws/chat`)
    for (const text of ['65536', '1e3', '-1', 'any']) {
      expect(await runCommand(['whatsapp-server', `--port=${text}`])).toMatchObject({
        code: 2,
        output: '',
        errors: expect.stringContaining(`--port must be a number from 0 to 65535, but is "${text}".`),
      })
    }
    expect(await runCommand(['whatsapp-server', 'fs:./sessions'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('"whatsapp-server" takes no arguments, but got 1 argument.'),
    })
  })
})

describe('what is typed for a phone', () => {
  it.each([
    ['2@a,b,c,d', { action: 'scan', qr: '2@a,b,c,d', phone: null }],
    [
      'https://wa.me/settings/linked_devices#2@a,b,c,d,1 +491700000001',
      { action: 'scan', qr: 'https://wa.me/settings/linked_devices#2@a,b,c,d,1', phone: '491700000001' },
    ],
    ['code 491700000001 abcd-1234', { action: 'enter-code', phone: '491700000001', code: 'ABCD1234' }],
    ['2@a,b,c', null],
    ['2@a,b,c,d somebody', null],
    ['2@a,b,c,d 491700000001 more', null],
    ['code 491700000001', null],
    ['code ABCD1234 491700000001 now', null],
    ['code someone ABCD1234', null],
    ['', null],
  ])('%j', (line, order) => {
    expect(readPhoneOrder(line)).toEqual(order)
  })
})

describe('whatsapp-server, in a process of its own', () => {
  let program: BuiltProgram
  beforeAll(async () => {
    program = await buildProgram()
  })
  afterAll(async () => {
    await program[Symbol.asyncDispose]()
  })

  it('links a client of another process, goes on without an input, and ends with 0 at Ctrl-C', async () => {
    const command = new CommandProcess(program, ['whatsapp-server'])
    await command.prints(/Type here what a phone does:/u)
    const device = newDevice()
    const client = dial(RefreshingClient, follow(command.output), device)
    const first = await client.qr()
    command.type(await client.shows(first))
    command.endInput()
    await command.prints(/Linked 491700000001:1\./u)
    expect(await client.closed()).toMatchObject({ code: 515 })
    await dial(BaileysClient, follow(command.output), device).opened()
    await command.prints(/Logged in: 491700000001:1\./u)
    command.signal('SIGINT')
    expect([await command.ended(), command.errors]).toEqual([0, ''])
  })

  it('names the package that it needs, where that is not installed', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'node_modules'))
    // The program of the package has `qr` in itself.
    for (const name of ['@whiskeysockets', 'eventemitter3', 'qr']) symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name))
    const file = join(folder, 'cli.mjs')
    await copyFile(program.file, file)
    const command = new CommandProcess({ ...program, file }, ['whatsapp-server'])
    expect(await command.ended()).toBe(1)
    expect(command.output).toBe('')
    expect(command.errors).toBe('The WhatsApp server needs the package ws, which is an optional peer dependency. Install it: npm install --save-dev ws\n')
  })
})
