import { execFile } from 'node:child_process'
import { expect, it, vi } from 'vitest'
import { askWhenStarted, describeHolder, type Holder, judgeSilent } from '../../../src/lease/holder.js'

/** What the system answers; `null` when it has no such command, or knows of no such process. */
let answer: string | null = null
vi.mock('node:child_process', async (original) => ({
  ...(await original<object>()),
  execFile: vi.fn((_command: string, _parameters: string[], _options: object, done: (error: Error | null, output: string) => void) => {
    done(answer === null ? new Error('ENOENT') : null, answer ?? '')
  }),
}))

const STARTED = 'Mon Nov 30 12:03:39 2026\n'

function holderOn(platform: string, more: Partial<Holder> = {}): Holder {
  return { owner: 'h:7:ab', nonce: 'ab', pid: 7, startedAt: '2026-11-30T12:03:39.000Z', hostname: 'h', platform, ...more }
}

it('a system without /proc tells when a process started', async () => {
  answer = STARTED
  expect(await askWhenStarted(7, 'darwin')).toBe('2026-11-30T12:03:39.000Z')
  expect(execFile).toHaveBeenLastCalledWith(
    'ps',
    ['-o', 'lstart=', '-p', '7'],
    expect.objectContaining({ env: expect.objectContaining({ LC_ALL: 'C', TZ: 'UTC0' }) }),
    expect.any(Function),
  )
  answer = '2026-11-30T12:03:39.1234567Z\r\n'
  expect(await askWhenStarted(7, 'win32')).toBe('2026-11-30T12:03:39.123Z')
  expect(execFile).toHaveBeenLastCalledWith(
    'powershell.exe',
    expect.arrayContaining([expect.stringContaining('Get-Process -Id 7')]),
    expect.anything(),
    expect.any(Function),
  )
  for (const nothing of [null, '', 'no such process']) {
    answer = nothing
    expect(await askWhenStarted(7, 'darwin')).toBeNull()
  }
})

it('a holder that beats no more is alive while its process is there, and dead when another one has its pid (invariant 1)', async () => {
  const self = holderOn('darwin', { nonce: 'cd', pid: 8 })
  answer = STARTED
  expect(await judgeSilent(holderOn('darwin'), self)).toBe('alive')
  // The clock of the system tells it in seconds, and rounds.
  expect(await judgeSilent(holderOn('darwin', { startedAt: '2026-11-30T12:03:40.900Z' }), self)).toBe('alive')
  expect(await judgeSilent(holderOn('darwin', { startedAt: '2026-11-30T11:00:00.000Z' }), self)).toBe('dead')
})

it.each([
  ['on another machine', holderOn('darwin', { hostname: 'other' })],
  [
    'of a version that did not say when it started',
    ((): Holder => {
      const { startedAt: _startedAt, ...holder } = holderOn('darwin')
      return holder
    })(),
  ],
  ['in a worker thread, which may have ended before its process', holderOn('darwin', { thread: { id: 1 } })],
])('a holder that beats no more is not known %s', async (_, holder) => {
  answer = STARTED
  expect(await judgeSilent(holder, holderOn('darwin', { nonce: 'cd', pid: 8 }))).toBe('unknown')
})

it('nothing is known where the system does not answer, and Linux is not asked', async () => {
  answer = null
  expect(await judgeSilent(holderOn('darwin'), holderOn('darwin', { nonce: 'cd', pid: 8 }))).toBe('unknown')
  vi.mocked(execFile).mockClear()
  const self = await describeHolder('me', 'aa')
  const onLinux = { ...self, bootId: 'boot', pidNamespace: 'pid:[1]', platform: 'linux' }
  expect(await judgeSilent({ ...onLinux, nonce: 'bb', startedAt: '100' }, onLinux)).toBe('unknown')
  if (process.platform === 'linux') expect(execFile).not.toHaveBeenCalled()
})
