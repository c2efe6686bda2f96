import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FileSystemSessionStore } from '../../../../src/adapters/filesystem/filesystem-session-store.js'
import { describeHolder, judgeHolder, readProcessStat } from '../../../../src/lease/holder.js'
import { CREDS_KEY } from '../../../../src/store/session-store.js'
import { ScriptProcess } from '../../../support/script-process.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

async function start(directory: string): Promise<ScriptProcess> {
  const child = new ScriptProcess('./lock-holder-child.ts', import.meta.url, [directory])
  expect(await child.next()).toBe('ready')
  return child
}

function openStore(directory: string): FileSystemSessionStore {
  const store = new FileSystemSessionStore({ directory })
  onTestFinished(() => store.close())
  return store
}

describe('invariant 1: a holder in another process', () => {
  it('keeps the lock while it is stopped, and loses it when it is killed', async () => {
    const directory = temporaryFolder()
    const { lock } = openStore(directory)
    const child = await start(directory)
    const held = await child.ask('acquire')
    expect(held).toEqual({ token: 1, owner: expect.stringContaining(`:${child.pid}:`) })
    expect(await lock.acquire('a')).toBeNull()
    child.signal('SIGSTOP')
    expect(await lock.acquire('a')).toBeNull()
    expect(await lock.owner('a')).toMatch(`:${child.pid}:`)
    child.signal('SIGCONT')
    expect(await child.ask('write')).toBe('written')
    expect(await child.ask('lost')).toBe(false)
    await child.kill('SIGKILL')
    expect(await lock.owner('a')).toBeNull()
    const lease = await lock.acquire('a')
    expect(lease?.fencingToken).toBe(2)
  })

  it('is a member of the cluster until it is killed', async () => {
    const directory = temporaryFolder()
    const { cluster } = openStore(directory).lock
    const follower = cluster?.follow()
    const child = await start(directory)
    await child.ask('acquire')
    expect(await child.ask('announce')).toBe('announced')
    expect(await follower?.next()).toMatchObject({ processes: [{ text: 'here', isSelf: false }], locks: [{ sessionId: 'a', text: 'noted' }] })
    child.signal('SIGSTOP')
    expect((await follower?.next())?.processes).toMatchObject([{ text: 'here' }])
    await child.kill('SIGKILL')
    expect((await follower?.next())?.processes).toEqual([])
    expect(await cluster?.holding('a')).toBeNull()
  })

  it('gives it up when it closes its store', async () => {
    const directory = temporaryFolder()
    const { lock } = openStore(directory)
    const child = await start(directory)
    await child.ask('acquire')
    expect(await child.ask('close')).toBe('closed')
    expect((await lock.acquire('a'))?.fencingToken).toBe(2)
  })

  it('is replaced by exactly one of those who race for its place', async () => {
    const directory = temporaryFolder()
    const [holder, ...others] = await Promise.all([start(directory), start(directory), start(directory)])
    await holder.ask('acquire')
    await holder.kill('SIGKILL')
    const won = (await Promise.all(others.map((other) => other.ask('acquire')))).filter((lease) => lease !== null)
    expect(won).toEqual([{ token: 2, owner: expect.any(String) }])
    // And then they never are inside together, and never get a token twice.
    const { lock } = openStore(directory)
    await Promise.all(others.map((other) => other.ask('release')))
    const results = await Promise.all(others.map((other) => other.ask('contend')))
    expect(results).toEqual(others.map(() => ({ tokens: expect.any(Array), violations: 0 })))
    const tokens = results.flatMap((result) => (result as { tokens: number[] }).tokens)
    expect(new Set(tokens).size).toBe(tokens.length)
    expect((await lock.acquire('a'))?.fencingToken).toBe(Math.max(...tokens) + 1)
  })
})

describe.skipIf(process.platform === 'win32')('a holder of which the whole directory was copied', () => {
  it.each(['-r', '-a'])('has nothing in the copy that cp %s makes, and keeps the original', async (option) => {
    const directory = temporaryFolder()
    const child = await start(directory)
    await child.ask('acquire')
    expect(await child.ask('write')).toBe('written')
    const path = join(temporaryFolder(), 'copy')
    execFileSync('cp', [option, directory, path])
    const copy = openStore(path)
    const lease = await copy.lock.acquire('a')
    expect(lease?.fencingToken).toBe(2)
    await copy.write('a', [{ ...CREDS_KEY, value: 'of the copy' }], { fencingToken: lease?.fencingToken ?? 0 })
    const original = openStore(directory)
    expect(await original.lock.acquire('a')).toBeNull()
    expect([await child.ask('write'), await child.ask('lost')]).toEqual(['written', false])
    expect(await original.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: `by ${child.pid}` }])
    expect(await copy.read('a', [CREDS_KEY])).toEqual([{ ...CREDS_KEY, value: 'of the copy' }])
  })
})

describe.runIf(process.platform === 'linux')('a holder that ended without anybody noticing', () => {
  it('counts as dead', async () => {
    // `sleep` takes the shell's place and never asks what became of the shell's child.
    const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void shell.kill('SIGKILL'))
    const [line] = await once(shell.stdout, 'data')
    const pid = Number(String(line))
    await vi.waitFor(async () => expect(await readFile(`/proc/${String(shell.pid)}/comm`, 'utf8')).toBe('sleep\n'), 10_000)
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(async () => expect(await readProcessStat(pid)).toMatchObject({ hasEnded: true }), 10_000)
    const self = await describeHolder('self', 'aa')
    const startedAt = (await readProcessStat(pid))?.startedAt ?? ''
    expect(await judgeHolder({ ...self, nonce: 'bb', pid, startedAt }, self)).toBe('dead')
    expect(await judgeHolder({ ...self, nonce: 'bb' }, self)).toBe('alive')
  })
})
