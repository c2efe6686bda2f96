import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { CLUSTER_MUST } from '../../../src/testing/contracts/lock-cluster/cluster-musts.js'
import { LOCK_MUST } from '../../../src/testing/contracts/session-lock/lock-musts.js'
import { STORE_MUST } from '../../../src/testing/contracts/session-store/store-musts.js'
import { CLUSTER_MUTANTS } from './cluster-mutants.js'
import { LOCK_MUTANTS } from './lock-mutants.js'
import { clusterCases, lockCases, repositoryCases, storeCases } from './mutant.js'
import { REPOSITORY_MUTANTS } from './repository-mutants.js'
import { STORE_MUTANTS } from './store-mutants.js'

const nothing = (): undefined => undefined

const ports = [
  { port: 'SessionStore', file: 'src/store/session-store.ts', musts: STORE_MUST, cases: storeCases(nothing), mutants: STORE_MUTANTS },
  { port: 'SessionLock', file: 'src/lease/session-lock.ts', musts: LOCK_MUST, cases: lockCases(nothing), mutants: LOCK_MUTANTS },
  { port: 'LockCluster', file: 'src/lease/lock-cluster.ts', musts: CLUSTER_MUST, cases: clusterCases(nothing), mutants: CLUSTER_MUTANTS },
  {
    port: 'ConnectionRepository',
    file: 'src/repository/connection-repository.ts',
    musts: REPOSITORY_MUST,
    cases: repositoryCases(nothing),
    mutants: REPOSITORY_MUTANTS,
  },
]

/** The points of the contract, each in one line. */
function pointsOf(file: string, port: string): string[] {
  const comment = readFileSync(file, 'utf8').split(`export interface ${port} {`)[0]?.split('/**').at(-1) ?? ''
  const text = comment.replaceAll(/\s*\n \* ?/gu, '\n')
  const list = text.split('Implementations MUST:\n')[1]?.split('\n\n')[0] ?? ''
  return list
    .split(/^- /mu)
    .map((point) => point.replaceAll(/\s+/gu, ' ').trim())
    .filter((point) => point !== '')
}

describe.each(ports)('$port', ({ port, file, musts, cases, mutants }) => {
  const points = pointsOf(file, port)
  const sentences = Object.values(musts)

  it('has a check for each point of its contract', () => {
    expect(points.length).toBeGreaterThan(6)
    expect(points.filter((point) => !sentences.some((sentence) => point.includes(sentence)))).toEqual([])
  })

  it('says what is checked in the words of its contract', () => {
    expect(sentences.filter((sentence) => !points.some((point) => point.includes(sentence)))).toEqual([])
    expect(sentences.filter((sentence) => !cases.some(({ must }) => must === sentence))).toEqual([])
  })

  it('has a mutant for each of them, and for each case', () => {
    expect(sentences.filter((sentence) => !mutants.some(({ must }) => must === sentence))).toEqual([])
    expect(cases.map(({ name }) => name).filter((name) => !mutants.some(({ caughtBy }) => caughtBy.includes(name)))).toEqual([])
  })
})
