import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { DoctorReport } from '../../src/cli/doctor/doctor-report.js'
import { FileSystemSessionStore, type SessionStore } from '../../src/index.js'
import { collect } from '../support/collect.js'
import { freePort } from '../support/free-port.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { type Outcome, runCommand } from './command-line.js'
import { buildProgram, type BuiltProgram, CommandProcess } from './command-process.js'
import { fileStore, MASKED, someKeys, storePaired } from './stored-sessions.js'

/** The password in every name here: no output may have it. */
export const PASSWORD = 'canary-p%40ss'

/** A store on a server, for one test. */
export interface ServerPlace {
  /** How it is named, with {@link PASSWORD}. */
  readonly name: string
  /** The same as it is shown. */
  readonly shown: string
  /** A store there that belongs to the test. */
  readonly store: SessionStore
}

/** A kind of server. */
export interface ServerKind {
  /** Makes a place that has nothing yet. */
  open(): ServerPlace
  /** The same name with another port. */
  elsewhere(port: number): string
  /** What `doctor` calls it, and its `--json` says. */
  readonly line: RegExp
  readonly report: Record<string, unknown>
  /** Where old texts may be left. */
  readonly oldTexts: string
}

/** Everything that a store has. */
export async function contentOf(store: SessionStore): Promise<Record<string, Record<string, string>>> {
  const content: Record<string, Record<string, string>> = {}
  for (const sessionId of await collect(store.list())) {
    const records = await store.read(sessionId, await collect(store.records(sessionId)))
    content[sessionId] = Object.fromEntries(records.map(({ type, id, value }) => [`${type} ${id}`, value]).sort())
  }
  return content
}

/** Runs a command on a place, and sees that it does not tell the password. */
async function runOn({ name }: Pick<ServerPlace, 'name'>, args: readonly string[], input = ''): Promise<Outcome> {
  const outcome = await runCommand(args, { variables: { STORE: name }, ...(input === '' ? {} : { input, isTerminal: true }) })
  expect(`${outcome.output}${outcome.errors}`).not.toMatch(/canary-p/u)
  return outcome
}

/** What every command does on the stores of a kind of server. */
export function describeServerStore(title: string, kind: ServerKind): void {
  describe(`the commands on ${title}`, () => {
    const of = async (...sessionIds: string[]): Promise<ServerPlace> => {
      const place = kind.open()
      for (const sessionId of sessionIds) await storePaired(place.store, sessionId)
      return place
    }

    it('look at sessions, also while they run elsewhere', async () => {
      const place = await of('a', 'b')
      const lease = await place.store.lock.acquire('b')
      onTestFinished(() => lease?.release())
      expect(await runOn(place, ['list', 'env:STORE'])).toEqual({ code: 0, output: 'a\nb\n', errors: '' })
      const status = await runOn(place, ['status', 'env:STORE'])
      expect(status.output).toContain(`b: linked, running in ${lease?.owner ?? '?'}, ${MASKED}\n2 sessions: 2 linked, 1 running.`)
      expect((await runOn(place, ['status', 'env:STORE', '--json'])).output).toContain(`"store": ${JSON.stringify(place.shown)}`)
    })

    it('doctor tells of the server and of each session', async () => {
      const place = await of('a', 'b')
      const lease = await place.store.lock.acquire('b')
      onTestFinished(() => lease?.release())
      const { output } = await runOn(place, ['doctor', 'env:STORE'])
      expect(output).toMatch(kind.line)
      expect(output).toContain(
        `a: restorable, ${MASKED}, 4 records, 3 pre-keys, plain\nb: restorable, running in ${lease?.owner ?? '?'} (pid ${process.pid}), `,
      )
      const report = JSON.parse((await runOn(place, ['doctor', 'env:STORE', '--json'])).output) as DoctorReport
      expect(report).toMatchObject({ store: place.shown, server: { schemaVersion: 1, processes: 1 }, ...kind.report })
    })

    it('doctor has nothing to repair', async () => {
      const { code, output, errors } = await runOn(await of('a'), ['doctor', 'env:STORE', '--repair'])
      expect([code, output]).toEqual([2, ''])
      expect(errors).toContain('There is nothing that --repair could mend in ')
    })

    it('make nothing where no store is', async () => {
      const place = kind.open()
      for (const args of [
        ['list', 'env:STORE'],
        ['doctor', 'env:STORE'],
        ['status', 'env:STORE'],
        ['delete', 'env:STORE', 'a', '--yes'],
      ]) {
        for (let time = 0; time < 2; time++) {
          const { code, output, errors } = await runOn(place, args)
          expect([code, output]).toEqual([1, ''])
          expect(errors).toContain(`There is no store "${place.shown}": `)
        }
      }
    })

    it('copy every record from a folder and back, and delete', async () => {
      const folder = temporaryFolder()
      const from = fileStore(`${folder}/from`)
      for (const sessionId of ['a', 'ü/b']) await storePaired(from, sessionId)
      await from.write('a', someKeys(812))
      const place = kind.open()
      expect((await runOn(place, ['copy', `fs:${folder}/from`, 'env:STORE'])).output).toBe('Copied 2 sessions, 0 unchanged, 0 failed.\n')
      expect((await runOn(place, ['copy', `fs:${folder}/from`, 'env:STORE'])).output).toBe('Copied 0 sessions, 2 unchanged, 0 failed.\n')
      expect((await runOn(place, ['copy', 'env:STORE', `fs:${folder}/back`])).code).toBe(0)
      expect(await contentOf(fileStore(`${folder}/back`))).toEqual(await contentOf(from))
      const lease = await place.store.lock.acquire('a')
      expect((await runOn(place, ['delete', 'env:STORE', 'a', '--yes'])).errors).toContain(`Session "a" is running in ${lease?.owner ?? '?'}.`)
      await lease?.release()
      expect((await runOn(place, ['delete', 'env:STORE', 'a'], 'a\n')).code).toBe(0)
      expect((await runOn(place, ['list', 'env:STORE'])).output).toBe('ü/b\n')
    })

    it('encrypt, and copy what is encrypted', async () => {
      const folder = temporaryFolder()
      const place = await of('a')
      const before = await contentOf(place.store)
      await runOn(place, ['new-key', `${folder}/keys.json`])
      const encrypted = await runOn(place, ['encrypt', 'env:STORE', '--key-file', `${folder}/keys.json`])
      expect([encrypted.code, encrypted.output]).toEqual([0, 'Encrypted 1 session, 0 unchanged, 0 failed.\n'])
      expect(encrypted.errors).toContain(kind.oldTexts)
      expect(JSON.stringify(await contentOf(place.store))).not.toContain('canary-key')
      const keys = ['--from-key-file', `${folder}/keys.json`]
      expect((await runOn(place, ['copy', 'env:STORE', `fs:${folder}/sealed`, ...keys, '--to-key-file', `${folder}/keys.json`])).code).toBe(0)
      expect((await runOn(place, ['copy', `fs:${folder}/sealed`, `fs:${folder}/plain`, ...keys, '--allow-plain'])).code).toBe(0)
      expect(await contentOf(fileStore(`${folder}/plain`))).toEqual(before)
    })

    it('link a phone, and make the store for it', async () => {
      const place = kind.open()
      const { code, output } = await runOn(place, ['link', 'env:STORE', 'new', '--simulated'])
      expect([code, output]).toEqual([0, expect.stringContaining('Linked "new" to ')])
      expect(await place.store.lock.owner('new')).toBeNull()
      expect((await runOn(place, ['status', 'env:STORE'])).output).toContain('new: linked')
    })

    it('say in words when no server is there', async () => {
      const { code, output, errors } = await runOn({ name: kind.elsewhere(await freePort()) }, ['list', 'env:STORE'])
      expect([code, output]).toEqual([1, ''])
      expect(errors).toContain('ECONNREFUSED')
      expect(errors).toMatch(/^Could not (?:connect to|open) \w+:\/\/user:\*\*\*@127\.0\.0\.1/u)
    })

    describe('in a process', () => {
      let program: BuiltProgram
      beforeAll(async () => {
        program = await buildProgram()
      })
      afterAll(async () => {
        await program[Symbol.asyncDispose]()
      })

      it('end by themselves, when all went well and when it did not, and watch until SIGINT', async () => {
        const folder = temporaryFolder()
        const from = new FileSystemSessionStore({ directory: `${folder}/from` })
        await storePaired(from, 'a')
        await from.close()
        const place = kind.open()
        const start = (...args: string[]): CommandProcess => new CommandProcess(program, args, { directory: folder, variables: { STORE: place.name } })
        expect(await start('list', 'env:STORE').ended()).toBe(1)
        expect(await start('copy', 'fs:from', 'env:STORE').ended()).toBe(0)
        const watch = start('status', 'env:STORE', '--watch')
        await watch.prints(/a: linked, not running/u)
        const lease = await place.store.lock.acquire('a')
        await watch.prints(/a: linked, running in/u)
        const refused = start('delete', 'env:STORE', 'a', '--yes')
        expect(await refused.ended()).toBe(1)
        expect(refused.errors).toContain('is running in')
        await lease?.release()
        watch.signal('SIGINT')
        expect(await watch.ended()).toBe(130)
        expect(await start('delete', 'env:STORE', 'a', '--yes').ended()).toBe(0)
      })

      it('end although the server never answers', { tags: 'full' }, async () => {
        const list = new CommandProcess(program, ['list', 'env:STORE'], { variables: { STORE: kind.elsewhere(await silentServer()) } })
        expect(await list.ended()).toBe(1)
        expect(list.errors).toMatch(/^Could not (?:connect to|open) \w+:\/\/user:\*\*\*@127\.0\.0\.1/u)
        expect(list.errors).not.toContain('canary')
      })
    })
  })
}

/** The port of a server that takes connections and says nothing. It goes when the test ends. */
export async function silentServer(): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
