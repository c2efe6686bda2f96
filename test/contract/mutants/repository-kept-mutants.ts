import type { ConnectionRecord } from '../../../src/repository/connection-repository.js'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { changeSaved, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedRepository } from './shared-memory.js'

const UNKNOWN = 'what was never saved is null, and deleting it succeeds'
const DELETE = 'delete removes one record, with everything in it, and no other'
const RESTART = 'what was saved is there after a restart, and what was deleted is not'

/** What a delete, or a restart, leaves. */
export const KEPT: readonly Mutant<SharedRepository>[] = [
  {
    name: 'rejects a delete of an unknown id',
    must: REPOSITORY_MUST.unknown,
    caughtBy: [UNKNOWN],
    breakIt: (repository) => {
      const remove = repository.delete.bind(repository)
      repository.delete = async (sessionId) => {
        if ((await repository.find(sessionId)) === null) throw refusal('STORE_UNAVAILABLE')
        await remove(sessionId)
      }
    },
  },
  {
    name: 'deletes what matches the id as a pattern',
    must: REPOSITORY_MUST.delete,
    caughtBy: [DELETE],
    breakIt: (repository) => {
      repository.delete = async (sessionId) => {
        const pattern = new RegExp(
          `^${sessionId
            .replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&')
            .replaceAll('_', '.')
            .replaceAll('%', '.*')}$`,
          'u',
        )
        for (const id of [...repository.memory.connections.keys()]) if (pattern.test(id)) repository.memory.connections.delete(id)
      }
    },
  },
  {
    name: 'marks a record as deleted, and brings it back',
    must: REPOSITORY_MUST.delete,
    caughtBy: [DELETE],
    breakIt: (repository) => {
      const bin = new Map<string, ConnectionRecord>()
      const remove = repository.delete.bind(repository)
      repository.delete = async (sessionId) => {
        const record = repository.memory.connections.get(sessionId)
        if (record !== undefined) bin.set(sessionId, record)
        await remove(sessionId)
      }
      changeSaved((changes, _, sessionId) => ({ ...bin.get(sessionId), ...changes }))(repository)
    },
  },
  {
    name: 'deletes nothing',
    must: REPOSITORY_MUST.delete,
    caughtBy: [DELETE],
    breakIt: (repository) => {
      repository.delete = async () => undefined
    },
  },
  {
    name: 'saves for itself alone',
    must: REPOSITORY_MUST.durable,
    caughtBy: [RESTART],
    breakIt: (repository) => {
      Object.assign(repository, { memory: Object.assign(Object.create(repository.memory) as object, { connections: new Map() }) })
    },
  },
  {
    name: 'forgets a delete',
    must: REPOSITORY_MUST.durable,
    caughtBy: [RESTART],
    breakIt: (repository) => {
      const gone = new Set<string>()
      repository.delete = async (sessionId) => void gone.add(sessionId)
      const findAll = repository.findAll.bind(repository)
      repository.findAll = async () => (await findAll()).filter(({ sessionId }) => !gone.has(sessionId))
    },
  },
]
