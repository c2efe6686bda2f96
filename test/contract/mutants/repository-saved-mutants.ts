import { type ConnectionRecord, newConnectionRecord } from '../../../src/repository/connection-repository.js'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { aroundSave, changeSaved, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedRepository } from './shared-memory.js'

const FIRST_SAVE = 'a first save fills in what it is not given'
const ONLY_GIVEN = 'a save changes only the fields that it is given'
const NULL_AND_UNDEFINED = 'null clears a field, undefined does not, and metadata is replaced as a whole'
const ID_OF_CALL = 'the id is that of the call, whatever the changes say'
const COPIES = 'what a caller does to its objects later changes nothing'
const SAME_ID_AT_ONCE = 'saves of one id that are called at once lose no field of one another'
const MANY_AT_ONCE = 'many ids are saved and deleted at once'
const TWO_PROCESSES = 'two processes that save one id at once lose no field of one another'

type Changes = Partial<ConnectionRecord>

/** Stores something else than what stands there after a save. */
function afterSave(
  changed: (before: ConnectionRecord | undefined, after: ConnectionRecord, changes: Changes) => ConnectionRecord,
): (repository: SharedRepository) => void {
  return (repository) =>
    aroundSave(repository, (save) => async (sessionId, changes) => {
      const { connections } = repository.memory
      const before = connections.get(sessionId)
      await save(sessionId, changes)
      connections.set(sessionId, changed(before, connections.get(sessionId) ?? newConnectionRecord(sessionId), changes))
    })
}

/** What a save does. */
export const SAVED: readonly Mutant<SharedRepository>[] = [
  {
    name: 'saves only what is there',
    must: REPOSITORY_MUST.insert,
    caughtBy: [FIRST_SAVE],
    breakIt: (repository) =>
      aroundSave(repository, (save) => async (sessionId, changes) => (repository.memory.connections.has(sessionId) ? save(sessionId, changes) : undefined)),
  },
  {
    name: 'leaves out what a first save is not given',
    must: REPOSITORY_MUST.insert,
    caughtBy: [FIRST_SAVE],
    breakIt: afterSave((before, after, changes) => (before === undefined ? ({ sessionId: after.sessionId, ...changes } as ConnectionRecord) : after)),
  },
  {
    name: 'begins with the status connecting',
    must: REPOSITORY_MUST.insert,
    caughtBy: [FIRST_SAVE],
    breakIt: afterSave((before, after, changes) => (before === undefined ? { ...after, status: changes.status ?? 'connecting' } : after)),
  },
  {
    name: 'begins with the year 1970',
    must: REPOSITORY_MUST.insert,
    caughtBy: [FIRST_SAVE],
    breakIt: afterSave((before, after, changes) => (before === undefined ? { ...after, updatedAt: changes.updatedAt ?? new Date(0) } : after)),
  },
  {
    name: 'replaces the whole record',
    must: REPOSITORY_MUST.partial,
    caughtBy: [ONLY_GIVEN],
    breakIt: changeSaved((changes, _, sessionId) => ({ ...newConnectionRecord(sessionId), ...changes })),
  },
  {
    name: 'clears the metadata with each save',
    must: REPOSITORY_MUST.partial,
    caughtBy: [ONLY_GIVEN],
    breakIt: changeSaved((changes) => ({ metadata: {}, ...changes })),
  },
  {
    name: 'dates each save itself',
    must: REPOSITORY_MUST.partial,
    caughtBy: [ONLY_GIVEN],
    breakIt: changeSaved((changes) => ({ updatedAt: new Date(), ...changes })),
  },
  {
    name: 'never changes the phone number',
    must: REPOSITORY_MUST.partial,
    caughtBy: [ONLY_GIVEN],
    breakIt: afterSave((before, after) => ({ ...after, phoneNumber: before?.phoneNumber ?? after.phoneNumber })),
  },
  {
    name: 'merges metadata',
    must: REPOSITORY_MUST.given,
    caughtBy: [NULL_AND_UNDEFINED],
    breakIt: afterSave((before, after) => ({ ...after, metadata: { ...before?.metadata, ...after.metadata } })),
  },
  {
    name: 'takes null for "not given"',
    must: REPOSITORY_MUST.given,
    caughtBy: [NULL_AND_UNDEFINED],
    breakIt: changeSaved((changes) => Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null))),
  },
  {
    name: 'takes undefined for null',
    must: REPOSITORY_MUST.given,
    caughtBy: [NULL_AND_UNDEFINED],
    breakIt: changeSaved((changes) =>
      'owner' in changes && (changes as Record<string, unknown>)['owner'] === undefined ? { ...changes, owner: null } : changes,
    ),
  },
  {
    name: 'takes the id from the changes',
    must: REPOSITORY_MUST.given,
    caughtBy: [ID_OF_CALL],
    breakIt: (repository) => aroundSave(repository, (save) => (sessionId, changes) => save(changes.sessionId ?? sessionId, changes)),
  },
  {
    name: 'renames a record',
    must: REPOSITORY_MUST.given,
    caughtBy: [ID_OF_CALL],
    breakIt: afterSave((_, after, changes) => ({ ...after, sessionId: changes.sessionId ?? after.sessionId })),
  },
  {
    name: 'keeps the objects that it is given',
    must: REPOSITORY_MUST.copies,
    caughtBy: [COPIES],
    breakIt: afterSave((_, after, changes) => ({ ...after, metadata: changes.metadata ?? after.metadata })),
  },
  {
    name: 'looks at the changes when their turn comes',
    must: REPOSITORY_MUST.copies,
    caughtBy: [COPIES],
    breakIt: (repository) =>
      aroundSave(repository, (save) => async (sessionId, changes) => {
        await tick()
        await save(sessionId, changes)
      }),
  },
  {
    name: 'hands out the objects that it keeps',
    must: REPOSITORY_MUST.copies,
    caughtBy: [COPIES],
    breakIt: (repository) => {
      repository.find = async (sessionId) => repository.memory.connections.get(sessionId) ?? null
    },
  },
  {
    name: 'hands out all the objects that it keeps',
    must: REPOSITORY_MUST.copies,
    caughtBy: [COPIES],
    breakIt: (repository) => {
      repository.findAll = async () => [...repository.memory.connections.values()]
    },
  },
  {
    name: 'reads, waits and writes',
    must: REPOSITORY_MUST.atOnce,
    caughtBy: [SAME_ID_AT_ONCE, TWO_PROCESSES],
    breakIt: (repository) =>
      aroundSave(repository, (save) => async (sessionId, changes) => {
        const copy = structuredClone(changes)
        const before = structuredClone(repository.memory.connections.get(sessionId) ?? newConnectionRecord(sessionId))
        await tick()
        await save(sessionId, { ...before, ...copy })
      }),
  },
  {
    name: 'keeps a table of its own, and writes it as a whole',
    must: REPOSITORY_MUST.atOnce,
    caughtBy: [TWO_PROCESSES],
    breakIt: (repository) => {
      const { connections } = repository.memory
      const own = new Map(connections)
      aroundSave(repository, (save) => async (sessionId, changes) => {
        connections.clear()
        for (const [id, record] of own) connections.set(id, record)
        await save(sessionId, changes)
        own.clear()
        for (const [id, record] of connections) own.set(id, record)
      })
    },
  },
  {
    name: 'carries out one save at a time, and drops the others',
    must: REPOSITORY_MUST.atOnce,
    caughtBy: [SAME_ID_AT_ONCE, MANY_AT_ONCE],
    breakIt: (repository) =>
      aroundSave(repository, (save) => {
        let isSaving = false
        return async (sessionId, changes) => {
          if (isSaving) return
          isSaving = true
          await save(sessionId, changes)
          await tick()
          isSaving = false
        }
      }),
  },
]
