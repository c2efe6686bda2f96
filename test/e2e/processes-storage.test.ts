import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileSystemSessionStore } from '../../src/index.js'
import { SessionProcess } from '../support/children/session-process.js'
import { openWorld, pause } from '../support/e2e.js'

/** A user without rights, on most systems "nobody". */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0
const QUICK = { initialDelayMs: 50, maxDelayMs: 200, jitter: 'none' } as const

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'ignore' })
}

/** A small file system of its own, that can be made read-only for real. */
class Mount implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'baileys-sessions-mount-'))

  constructor() {
    run('mount', '-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', this.path)
  }

  /** Makes it read-only, or writable again. */
  remount(mode: 'ro' | 'rw'): void {
    run('mount', '-o', `remount,${mode}`, this.path)
  }

  [Symbol.dispose](): void {
    run('umount', this.path)
    rmSync(this.path, { recursive: true, force: true })
  }
}

function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  try {
    using _mount = new Mount()
    return true
  } catch {
    return false
  }
}

// Only root can become somebody else, and root itself is refused nothing.
describe.runIf(isRoot).concurrent('a process without rights', () => {
  it('that cannot write the directory is told so before any QR code, with path and mode', async () => {
    await using world = await openWorld()
    chmodSync(world.directory, 0o755)
    await using child = await SessionProcess.start(world, {}, NOBODY)
    await expect(child.call('connect', 'shop')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`${world.directory} has mode 0755 and belongs to uid 0; this process runs as uid ${NOBODY}`)),
    })
    expect(await child.call('getStatus', 'shop')).toMatchObject({ status: 'disconnected' })
    expect(child.journal.all('qr')).toEqual([])
    expect(world.server.attempts()).toEqual([])
    expect(readdirSync(world.directory)).toEqual([])
  })

  it('that cannot read the creds waits until it can, without a dial and without a byte changed', { tags: 'full' }, async () => {
    await using world = await openWorld()
    await world.link('shop')
    const folder = join(world.directory, 'session-shop')
    const creds = join(folder, 'creds.json')
    for (const path of [world.directory, folder]) chmodSync(path, 0o777)
    chmodSync(creds, 0o600)
    rmSync(join(world.directory, '.baileys-sessions'), { recursive: true, force: true })
    const before = await world.filesOf('shop')
    await using child = await SessionProcess.start(world, { manager: { retry: { ...QUICK, maxRetries: 2 }, reconnect: QUICK } }, NOBODY)
    expect(await child.call('getStatus', 'shop')).toMatchObject({ status: 'disconnected', reason: 'storage_unavailable', isConnected: false })
    expect(await child.call('restoreSession', 'shop')).toMatchObject({ outcome: 'retrying', reason: 'storage_unavailable' })
    await pause(500)
    expect(await child.call('getStatus', 'shop')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    expect(child.journal.all('error')[0]).toMatchObject({ sessionId: 'shop', code: 'STORE_UNAVAILABLE', message: expect.stringContaining('creds.json') })
    expect(await world.filesOf('shop')).toEqual(before)
    expect(world.server.attempts()).toEqual([])

    chmodSync(creds, 0o644)
    await child.journal.firstStatus('shop', 'connected')
    expect(child.journal.all('qr')).toEqual([])
    expect(world.dials('shop')).toHaveLength(1)
  })
})

describe.runIf(canMount())('a disk that is mounted read-only', () => {
  it('refuses a pairing before any QR code, with path and mode', { tags: 'full' }, async () => {
    using mount = new Mount()
    await using world = await openWorld()
    const directory = join(mount.path, 'sessions')
    mkdirSync(directory, { mode: 0o750 })
    mount.remount('ro')
    const store = new FileSystemSessionStore({ directory })
    const manager = world.makeManager({ store })
    await expect(manager.connect('shop')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`${directory}.*mode 0750.*read-only`)),
    })
    expect(world.eventsOf(manager).of('qr')).toEqual([])
    expect(world.server.attempts()).toEqual([])
    expect(readdirSync(directory)).toEqual([])
    await manager.close()
    await store.close()
  })

  it('holds a paired session up until it can be written again', { tags: 'full' }, async () => {
    using mount = new Mount()
    await using world = await openWorld()
    const store = new FileSystemSessionStore({ directory: mount.path })
    await world.link('shop', store)
    mount.remount('ro')
    const manager = world.makeManager({ store })
    expect(await manager.restoreSession('shop')).toMatchObject({ outcome: 'retrying', reason: 'storage_unavailable' })
    expect(await manager.getStatus('shop')).toMatchObject({ status: 'reconnecting', reason: 'storage_unavailable' })
    expect(world.server.attempts()).toEqual([])
    mount.remount('rw')
    await world.eventsOf(manager).until(() => world.eventsOf(manager).of('connected')[0], 'connected')
    expect(world.dials('shop')).toHaveLength(1)
    await manager.close()
    await store.close()
  })
})
