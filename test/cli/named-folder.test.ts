import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.js'
import { runCommand } from './command-line.js'
import { fileStore, snapshot, storePaired } from './stored-sessions.js'

/** A folder of one paired session, as a project has it beside its code. */
async function project(): Promise<{ root: string; auth: string }> {
  const root = temporaryFolder()
  const store = fileStore(join(root, 'made'))
  await storePaired(store, 'x')
  await store.close()
  renameSync(join(root, 'made', 'session-x'), join(root, 'auth'))
  mkdirSync(join(root, 'src'))
  return { root, auth: join(root, 'auth') }
}

describe('a store that is the folder of one session', () => {
  it('is looked at, and nothing is changed or made', async () => {
    const { root, auth } = await project()
    const before = snapshot(root)
    expect(await runCommand(['list', `fs:${auth}?id=main`])).toMatchObject({ code: 0, output: 'main\n' })
    expect(await runCommand(['status', `fs:${auth}?id=main`, '--json'])).toMatchObject({ output: expect.stringContaining('"sessionId": "main"') })
    const { code, output } = await runCommand(['doctor', `fs:${auth}?id=main`])
    expect([code, output]).toEqual([0, expect.stringContaining('main')])
    expect(snapshot(root)).toEqual(before)
  })

  it('is copied from, and deleted without what is beside it', async () => {
    const { root, auth } = await project()
    expect(await runCommand(['copy', `fs:${auth}?id=main`, `fs:${join(root, 'sessions')}`])).toMatchObject({ code: 0 })
    expect(readdirSync(join(root, 'sessions', 'session-main'))).toContain('creds.json')
    expect(await runCommand(['delete', `fs:${auth}?id=main`, 'main', '--yes'])).toMatchObject({ code: 0 })
    expect(readdirSync(auth)).toEqual(['.baileys-sessions'])
    expect(existsSync(join(root, 'src'))).toBe(true)
  })

  it('has no other session', async () => {
    const { auth } = await project()
    const { code, errors } = await runCommand(['status', `fs:${auth}?id=main`, 'other'])
    expect([code, errors]).toEqual([1, expect.stringContaining('other')])
  })

  it('must be there', async () => {
    const { root } = await project()
    const store = `fs:${join(root, 'auht')}?id=main`
    expect(await runCommand(['list', store])).toMatchObject({ code: 1, errors: expect.stringContaining(`There is no store "${store}"`) })
    expect(existsSync(join(root, 'auht'))).toBe(false)
  })

  it('is no directory of sessions, and says how to name one', async () => {
    const { root } = await project()
    const { errors } = await runCommand(['list', `fs:${root}?id=main`])
    expect(errors).toContain('"auth" in it has credentials. It is no folder of a session: write "?prefix=" instead of "?id="')
  })

  it('is suggested to who names it as a directory', async () => {
    const { auth } = await project()
    expect((await runCommand(['list', `fs:${auth}`])).errors).toContain('Add "?id=" and the id of the session')
  })
})
