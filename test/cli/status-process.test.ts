// @module-tag full
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { buildProgram, type BuiltProgram, CommandProcess } from './command-process.js'
import { fileStore, MASKED, storePaired } from './stored-sessions.js'
import { TerminalProcess } from './terminal-process.js'

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(async () => {
  await program[Symbol.asyncDispose]()
})

describe('status --watch', () => {
  it('prints a line for each change into a pipe, until SIGINT', async () => {
    const directory = join(temporaryFolder(), 'sessions')
    const store = fileStore(directory)
    await storePaired(store, 'a')
    const watch = new CommandProcess(program, ['status', `fs:${directory}`, '--watch'])
    await watch.prints(/a: linked/u)
    const lease = await store.lock.acquire('a')
    await watch.prints(/running in/u)
    await lease?.release()
    await storePaired(store, 'b')
    await watch.prints(/b: linked/u)
    watch.signal('SIGINT')
    expect(await watch.ended()).toBe(130)
    const lines = watch.output.trimEnd().split('\n')
    expect([lines[0], lines[1]]).toEqual([`a: linked, not running, ${MASKED}`, `a: linked, running in ${lease?.owner ?? '?'}, ${MASKED}`])
    expect(lines).toContain(`b: linked, not running, ${MASKED}`)
    expect(watch.output).not.toContain('\u001B')
  })

  it('keeps one picture up to date on a terminal, until Ctrl-C', { tags: 'full' }, async () => {
    const directory = join(temporaryFolder(), 'sessions')
    const store = fileStore(directory)
    await storePaired(store, 'a')
    const watch = new TerminalProcess(program, ['status', `fs:${directory}`, '--watch'])
    await watch.shows(() => watch.screen.text.includes('Nothing needs a person.'))
    expect(watch.screen.lines).toEqual([`a: linked, not running, ${MASKED}`, '1 session: 1 linked, 0 running. Nothing needs a person.'])
    const lease = await store.lock.acquire('a')
    await watch.shows(() => watch.screen.text.includes('1 running'))
    expect(watch.screen.lines).toEqual([`a: linked, running in ${lease?.owner ?? '?'}, ${MASKED}`, '1 session: 1 linked, 1 running. Nothing needs a person.'])
    await lease?.release()
    watch.interrupt()
    expect(await watch.ended()).toBe(130)
  })
})

it('the program alone prints its help', async () => {
  const help = new CommandProcess(program, [])
  expect([await help.ended(), help.output, help.errors]).toEqual([0, expect.stringContaining('link <store> <id>'), ''])
})
