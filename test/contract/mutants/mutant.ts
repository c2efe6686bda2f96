import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectionRepositoryContract, type ContractCase, lockClusterContract, sessionLockContract, sessionStoreContract } from '../../../src/testing/index.js'
import { ClusteredLock, ClusterMemory } from './shared-cluster.js'
import { SharedLock, SharedMemory, SharedRepository, SharedStore } from './shared-memory.js'

/** A copy of an implementation in which one thing is broken. */
export interface Mutant<Subject> {
  /** What it does wrong. */
  readonly name: string
  /** What it thereby breaks, in the words of the port. */
  readonly must: string
  /** The cases that are to fail because of it. */
  readonly caughtBy: readonly string[]
  /** Breaks it. */
  readonly breakIt: (subject: Subject) => void
}

function down(memory: SharedMemory): () => void {
  memory.isDown = true
  return () => {
    memory.isDown = false
  }
}

/** The suite over a store in which something may be broken. */
export function storeCases(breakIt: (store: SharedStore) => void): ContractCase[] {
  const open = (memory: SharedMemory): SharedStore => {
    const store = new SharedStore(memory)
    breakIt(store)
    return store
  }
  return sessionStoreContract(() => open(new SharedMemory()), {
    reopen: ({ memory }) => open(memory),
    openAnother: ({ memory }) => open(memory),
    corrupt: (store, sessionId, key) => store.damage(sessionId, key),
    damageCreds: (store, sessionId) => store.damageCreds(sessionId),
    disconnect: ({ memory }) => down(memory),
    takeOver: async ({ memory }, sessionId) => open(memory).lock.takeOver(sessionId),
  })
}

/** The suite over a lock in which something may be broken. */
export function lockCases(breakIt: (lock: SharedLock) => void): ContractCase[] {
  const open = (memory: SharedMemory): SharedLock => {
    const lock = new SharedLock(memory)
    breakIt(lock)
    return lock
  }
  return sessionLockContract(() => open(new SharedMemory()), {
    openAnother: ({ memory }) => open(memory),
    disconnect: ({ memory }) => down(memory),
    takeOver: async ({ memory }, sessionId) => open(memory).takeOver(sessionId),
    runOut: (lock) => lock.runOut(),
  })
}

/** The suite over the cluster of a lock in which something may be broken. */
export function clusterCases(breakIt: (lock: ClusteredLock) => void): ContractCase[] {
  const open = (memory: ClusterMemory): ClusteredLock => {
    const lock = new ClusteredLock(memory)
    breakIt(lock)
    return lock
  }
  return lockClusterContract(() => open(new ClusterMemory()), {
    openAnother: ({ memory }) => open(memory),
    disconnect: ({ memory }) => down(memory),
    takeOver: async ({ memory }, sessionId) => open(memory).takeOver(sessionId),
    runOut: (lock) => lock.runOut(),
  })
}

/** The suite over a repository in which something may be broken. */
export function repositoryCases(breakIt: (repository: SharedRepository) => void): ContractCase[] {
  const open = (memory: SharedMemory): SharedRepository => {
    const repository = new SharedRepository(memory)
    breakIt(repository)
    return repository
  }
  return connectionRepositoryContract(() => open(new SharedMemory()), {
    reopen: ({ memory }) => open(memory),
    disconnect: ({ memory }) => down(memory),
  })
}

/** Shows that a suite passes what is whole, and catches each mutant by the cases that are named. */
export function provesItself<Subject>(suite: (breakIt: (subject: Subject) => void) => ContractCase[], mutants: readonly Mutant<Subject>[]): void {
  describe('passes what is not broken:', () => {
    const whole = suite(() => undefined)
    for (const { name, run } of whole) it(name, run)

    it('under names that are all different', () => {
      expect(new Set(whole.map(({ name }) => name)).size).toBe(whole.length)
    })
  })

  describe('catches one', () => {
    // What a case waits for in vain is over at once.
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }).setTimerTickMode('nextTimerAsync')
    })
    afterEach(() => {
      vi.useRealTimers()
    })

    it.each(mutants)('that $name', async ({ must, caughtBy, breakIt }) => {
      const cases = suite(breakIt)
      for (const name of caughtBy) {
        const found = cases.find((one) => one.name === name)
        await expect(found?.run(), name).rejects.toThrow(`This part of the contract is broken: "${found?.must ?? 'no such case'}."`)
      }
      expect(cases.filter(({ name }) => caughtBy.includes(name)).map((one) => one.must)).toContain(must)
    })
  })
}
