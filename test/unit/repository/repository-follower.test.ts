import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MemoryConnectionRepository } from '../../../src/adapters/memory/memory-connection-repository.js'
import type { ConnectionRecord } from '../../../src/repository/connection-repository.js'
import { repositoryFailed, RepositoryFollower } from '../../../src/repository/repository-follower.js'
import type { SessionStatus } from '../../../src/status/status-reasons.js'
import { deferred, never } from '../../support/deferred.js'

const TIMEOUT_MS = 1000

/** A repository that does what `behave` says before it saves. */
class WatchedRepository extends MemoryConnectionRepository {
  readonly saves: string[] = []
  behave: () => Promise<void> = () => Promise.resolve()

  override async save(sessionId: string, changes: Partial<ConnectionRecord>): Promise<void> {
    this.saves.push(`${sessionId} ${changes.status ?? '-'}`)
    await this.behave()
    await super.save(sessionId, changes)
  }
}

function follow(): { follower: RepositoryFollower; repository: WatchedRepository; errors: string[] } {
  const repository = new WatchedRepository()
  const errors: string[] = []
  const follower = new RepositoryFollower({
    repository,
    timeoutMs: TIMEOUT_MS,
    onError: (error) => {
      errors.push(`${error.sessionId ?? '-'} ${error.code}`)
    },
  })
  return { follower, repository, errors }
}

const statusOf = async (repository: WatchedRepository, sessionId = 'a'): Promise<SessionStatus | undefined> => (await repository.find(sessionId))?.status
const pass = (delayMs = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(delayMs)
const failing = (): Promise<void> => Promise.reject(new Error('database is down'))

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('a repository that refuses the metadata', () => {
  it('is brought up to date without it, and tells of it', async () => {
    const { follower, repository, errors } = follow()
    const save = repository.save.bind(repository)
    repository.save = (sessionId, changes) => (changes.metadata === undefined ? save(sessionId, changes) : Promise.reject(new Error('value too long')))
    follower.save('a', { metadata: { note: 'much too long' } })
    await pass()
    follower.save('a', { status: 'connected' })
    await pass(1000)
    expect(await statusOf(repository)).toBe('connected')
    expect(errors.length).toBeGreaterThan(1)
    repository.save = save
    await pass(30_000)
    expect(await repository.find('a')).toMatchObject({ status: 'connected', metadata: { note: 'much too long' } })
  })
})

describe('a repository that works', () => {
  it('is told every change, in order, one at a time', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => slow.promise
    for (const status of ['connecting', 'connected', 'reconnecting'] as const) follower.save('a', { status })
    await pass()
    expect(repository.saves).toEqual(['a connecting'])
    slow.resolve()
    await pass()
    expect(repository.saves).toEqual(['a connecting', 'a connected', 'a reconnecting'])
    expect(await statusOf(repository)).toBe('reconnecting')
  })

  it('one session does not wait for another', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => (repository.saves.length === 1 ? slow.promise : Promise.resolve())
    follower.save('a', { status: 'connecting' })
    follower.save('b', { status: 'connecting' })
    await pass()
    expect(await statusOf(repository, 'b')).toBe('connecting')
    slow.resolve()
    await pass()
  })
})

describe('a repository that fails', () => {
  it('is told the last status once it is back, with what changed meanwhile', async () => {
    const { follower, repository, errors } = follow()
    repository.behave = failing
    follower.save('a', { status: 'connecting', metadata: { shop: 1 } })
    follower.save('a', { status: 'connected', phoneNumber: '1' })
    await pass()
    follower.save('a', { status: 'reconnecting' })
    // Tried at once, after 1 s, and 2 s after that: the waits double.
    await pass(3500)
    expect(errors).toEqual(['a REPOSITORY_FAILED', 'a REPOSITORY_FAILED', 'a REPOSITORY_FAILED'])
    repository.behave = () => Promise.resolve()
    await pass(4000)
    expect(await repository.find('a')).toMatchObject({ status: 'reconnecting', phoneNumber: '1', metadata: { shop: 1 } })
    expect(repository.saves.slice(-2)).toEqual(['a reconnecting', 'a -'])
  })

  it('that throws instead of rejecting is one that fails', async () => {
    const { follower, repository, errors } = follow()
    repository.behave = () => {
      throw new TypeError('not a promise')
    }
    follower.save('a', { status: 'connected' })
    await pass()
    expect(errors).toEqual(['a REPOSITORY_FAILED'])
    repository.behave = () => Promise.resolve()
    await follower.close()
    expect(await statusOf(repository)).toBe('connected')
  })
})

describe('a repository that hangs', () => {
  it('is reported after its deadline, and asked again', async () => {
    const { follower, repository, errors } = follow()
    repository.behave = () => never()
    follower.save('a', { status: 'connecting' })
    await pass(TIMEOUT_MS)
    expect(errors).toEqual(['a REPOSITORY_FAILED'])
    repository.behave = () => Promise.resolve()
    follower.save('a', { status: 'connected' })
    await pass(1000)
    expect(await statusOf(repository)).toBe('connected')
  })

  it('and carries an old change out late has the last word corrected', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => slow.promise
    follower.save('a', { status: 'connecting' })
    await pass(TIMEOUT_MS)
    repository.behave = () => Promise.resolve()
    follower.save('a', { status: 'connected' })
    await pass(1000)
    slow.resolve()
    await pass(1000)
    expect(await statusOf(repository)).toBe('connected')
    await follower.close()
  })

  it('and carries a change out late, over nothing, is not told anything empty', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => (repository.saves.length === 1 ? slow.promise : Promise.resolve())
    follower.save('a', { status: 'connecting' })
    await pass(TIMEOUT_MS)
    slow.resolve()
    await pass(5000)
    expect(repository.saves).toEqual(['a connecting', 'a connecting'])
  })
})

describe('invariant 4: an end', () => {
  it('close writes what is left, at once, and nothing afterwards', async () => {
    const { follower, repository } = follow()
    repository.behave = failing
    follower.save('a', { status: 'connected' })
    await pass()
    repository.behave = () => Promise.resolve()
    await follower.close()
    expect(await statusOf(repository)).toBe('connected')
    follower.save('a', { status: 'failed' })
    await pass(5000)
    expect(await statusOf(repository)).toBe('connected')
  })

  it('close gives up on a repository that still fails', async () => {
    const { follower, repository, errors } = follow()
    repository.behave = failing
    follower.save('a', { status: 'connected' })
    await follower.close()
    await pass(5000)
    expect(errors.length).toBeLessThanOrEqual(2)
    expect(await statusOf(repository)).toBeUndefined()
  })

  it('close of nothing, and twice', async () => {
    const { follower } = follow()
    await follower.close()
    await follower.close()
    follower.abandon()
  })

  it('abandoned, it writes nothing more', async () => {
    const { follower, repository } = follow()
    repository.behave = failing
    follower.save('a', { status: 'connected' })
    await pass()
    follower.abandon()
    repository.behave = () => Promise.resolve()
    await pass(5000)
    expect(await statusOf(repository)).toBeUndefined()
  })
})

describe('a session that is forgotten', () => {
  it('drops what is queued, and waits for what is under way', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => slow.promise
    follower.save('a', { status: 'connecting' })
    follower.save('a', { status: 'connected' })
    await pass()
    let forgotten = false
    const forgetting = follower.forget('a').then(() => {
      forgotten = true
    })
    await pass()
    expect(forgotten).toBe(false)
    slow.resolve()
    await forgetting
    await pass(5000)
    expect(repository.saves).toEqual(['a connecting'])
  })

  it('does not come back when what was under way fails', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => slow.promise
    follower.save('a', { status: 'connecting' })
    await pass()
    const forgetting = follower.forget('a')
    slow.reject(new Error('database is down'))
    await forgetting
    repository.behave = () => Promise.resolve()
    await pass(5000)
    expect(await statusOf(repository)).toBeUndefined()
  })

  it('does not come back while it was waiting to be tried again', async () => {
    const { follower, repository } = follow()
    repository.behave = failing
    follower.save('a', { status: 'connecting' })
    await pass()
    await follower.forget('a')
    repository.behave = () => Promise.resolve()
    await pass(5000)
    expect(await statusOf(repository)).toBeUndefined()
    await follower.forget('unknown')
  })

  it('is followed again from its next change on', async () => {
    const { follower, repository } = follow()
    const slow = deferred()
    repository.behave = () => (repository.saves.length === 1 ? slow.promise : Promise.resolve())
    follower.save('a', { status: 'connecting' })
    await pass()
    const forgetting = follower.forget('a')
    follower.save('a', { status: 'pairing' })
    slow.reject(new Error('database is down'))
    await forgetting
    await pass(5000)
    expect(await statusOf(repository)).toBe('pairing')
    await follower.close()
  })
})

describe('repositoryFailed', () => {
  it('says what failed, for which session, and why', () => {
    const cause = new Error('timeout')
    expect(repositoryFailed('a', 'save', cause)).toMatchObject({
      code: 'REPOSITORY_FAILED',
      sessionId: 'a',
      cause,
      message: 'The connection repository could not save session "a": timeout',
    })
    expect(repositoryFailed(undefined, 'find', 'odd')).toMatchObject({ message: 'The connection repository could not find its records: odd' })
  })
})
