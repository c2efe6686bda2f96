import { Buffer } from 'node:buffer'
import { type ConnectionRecord, newConnectionRecord } from '../../../src/repository/connection-repository.js'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { refusal, tick } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedRepository } from './shared-memory.js'

const OUTAGE = 'what cannot be reached is a failure, never null or empty'
const UNKNOWN = 'what was never saved is null, and deleting it succeeds'
const FIRST_SAVE = 'a first save fills in what it is not given'
const ONLY_GIVEN = 'a save changes only the fields that it is given'
const NULL_AND_UNDEFINED = 'null clears a field, undefined does not, and metadata is replaced as a whole'
const ID_OF_CALL = 'the id is that of the call, whatever the changes say'
const AS_SAVED = 'what was saved is found as it was, with dates as Dates'
const ANY_METADATA = 'metadata of any keys comes back'
const COPIES = 'what a caller does to its objects later changes nothing'
const ALL = 'findAll has all records once, whatever their status'
const DELETE = 'delete removes one record, with everything in it, and no other'
const APART = 'ids of any characters stay apart, also those that differ only by case'
const AWKWARD = 'ids that no manager uses stay apart, or are refused'
const SAME_ID_AT_ONCE = 'saves of one id that are called at once lose no field of one another'
const MANY_AT_ONCE = 'many ids are saved and deleted at once'
const RESTART = 'what was saved is there after a restart, and what was deleted is not'
const TWO_PROCESSES = 'two processes that save one id at once lose no field of one another'

type Changes = Partial<ConnectionRecord>
type Save = SharedRepository['save']

function aroundSave(repository: SharedRepository, around: (save: Save) => Save): void {
  repository.save = around(repository.save.bind(repository))
}

/** Changes records on their way out. */
function changeFound(changed: (record: ConnectionRecord) => ConnectionRecord): (repository: SharedRepository) => void {
  return (repository) => {
    const { find, findAll } = { find: repository.find.bind(repository), findAll: repository.findAll.bind(repository) }
    repository.find = async (sessionId) => {
      const record = await find(sessionId)
      return record === null ? null : changed(record)
    }
    repository.findAll = async () => (await findAll()).map(changed)
  }
}

/** Changes what is saved on its way in. */
function changeSaved(changed: (changes: Changes, repository: SharedRepository, sessionId: string) => Changes): (repository: SharedRepository) => void {
  return (repository) => aroundSave(repository, (save) => async (sessionId, changes) => save(sessionId, changed(changes, repository, sessionId)))
}

/** Takes some ids for others. */
function confuse(other: (sessionId: string) => string): (repository: SharedRepository) => void {
  return (repository) => {
    const find = repository.find.bind(repository)
    const remove = repository.delete.bind(repository)
    repository.find = (sessionId) => find(other(sessionId))
    repository.delete = (sessionId) => remove(other(sessionId))
    aroundSave(repository, (save) => (sessionId, changes) => save(other(sessionId), changes))
  }
}

/** Answers an outage with something. */
function deafTo(verb: 'find' | 'findAll' | 'save' | 'delete', answer: unknown): (repository: SharedRepository) => void {
  return (repository) => {
    const call = repository[verb].bind(repository) as (...values: unknown[]) => Promise<unknown>
    Object.assign(repository, { [verb]: async (...values: unknown[]) => (repository.memory.isDown ? answer : call(...values)) })
  }
}

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

const FOUND: readonly Mutant<SharedRepository>[] = [
  { name: 'finds nothing during an outage', must: REPOSITORY_MUST.unknown, caughtBy: [OUTAGE], breakIt: deafTo('find', null) },
  { name: 'has no records during an outage', must: REPOSITORY_MUST.unknown, caughtBy: [OUTAGE], breakIt: deafTo('findAll', []) },
  { name: 'says that it saved during an outage', must: REPOSITORY_MUST.unknown, caughtBy: [OUTAGE], breakIt: deafTo('save', undefined) },
  { name: 'says that it deleted during an outage', must: REPOSITORY_MUST.unknown, caughtBy: [OUTAGE], breakIt: deafTo('delete', undefined) },
  {
    name: 'rejects for an unknown id',
    must: REPOSITORY_MUST.unknown,
    caughtBy: [UNKNOWN],
    breakIt: (repository) => {
      const find = repository.find.bind(repository)
      repository.find = async (sessionId) => {
        const found = await find(sessionId)
        if (found === null) throw refusal('STORE_UNAVAILABLE')
        return found
      }
    },
  },
  {
    name: 'finds an empty record for an unknown id',
    must: REPOSITORY_MUST.unknown,
    caughtBy: [UNKNOWN],
    breakIt: (repository) => {
      const find = repository.find.bind(repository)
      repository.find = async (sessionId) => (await find(sessionId)) ?? newConnectionRecord(sessionId)
    },
  },
  {
    name: 'finds undefined for an unknown id',
    must: REPOSITORY_MUST.unknown,
    caughtBy: [UNKNOWN],
    breakIt: (repository) => {
      const find = repository.find.bind(repository) as (sessionId: string) => Promise<unknown>
      Object.assign(repository, { find: async (sessionId: string) => (await find(sessionId)) ?? undefined })
    },
  },
  {
    name: 'finds only active records',
    must: REPOSITORY_MUST.all,
    caughtBy: [ALL],
    breakIt: (repository) => {
      const findAll = repository.findAll.bind(repository)
      repository.findAll = async () => (await findAll()).filter(({ status }) => !['logged_out', 'failed', 'disconnected'].includes(status))
    },
  },
  {
    name: 'finds a record once for each save',
    must: REPOSITORY_MUST.all,
    caughtBy: [ALL],
    breakIt: (repository) => {
      const findAll = repository.findAll.bind(repository)
      const saves: string[] = []
      aroundSave(repository, (save) => (sessionId, changes) => {
        saves.push(sessionId)
        return save(sessionId, changes)
      })
      repository.findAll = async () => {
        const records = await findAll()
        return saves.flatMap((saved) => records.find(({ sessionId }) => sessionId === saved) ?? [])
      }
    },
  },
  {
    name: 'finds the first 40 records',
    must: REPOSITORY_MUST.all,
    caughtBy: ['findAll has every record while others are saved'],
    breakIt: (repository) => {
      const findAll = repository.findAll.bind(repository)
      repository.findAll = async () => (await findAll()).slice(0, 40)
    },
  },
  {
    name: 'gives dates as texts',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [AS_SAVED],
    breakIt: changeFound((record) => JSON.parse(JSON.stringify(record)) as ConnectionRecord),
  },
  {
    name: 'gives the date of the last loss as a text',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [AS_SAVED],
    breakIt: changeFound((record) => ({ ...record, lastDisconnect: JSON.parse(JSON.stringify(record.lastDisconnect)) as ConnectionRecord['lastDisconnect'] })),
  },
  {
    name: 'cuts dates to seconds',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [AS_SAVED],
    breakIt: changeFound((record) => ({
      ...record,
      lastConnectedAt: record.lastConnectedAt === null ? null : new Date(Math.floor(record.lastConnectedAt.getTime() / 1000) * 1000),
    })),
  },
  {
    name: 'gives metadata as a text',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [AS_SAVED],
    breakIt: changeFound((record) => Object.assign(record, { metadata: JSON.stringify(record.metadata) })),
  },
  {
    name: 'flattens metadata',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [AS_SAVED],
    breakIt: changeFound((record) => ({
      ...record,
      metadata: Object.fromEntries(Object.entries(record.metadata).map(([key, value]) => [key, String(value)])),
    })),
  },
  {
    name: 'loses metadata under the key __proto__',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [ANY_METADATA],
    breakIt: changeSaved((changes) => {
      if (changes.metadata === undefined) return changes
      const metadata: Record<string, unknown> = {}
      for (const key of Object.keys(changes.metadata)) metadata[key] = changes.metadata[key]
      return { ...changes, metadata }
    }),
  },
  {
    name: 'takes names of metadata for paths',
    must: REPOSITORY_MUST.faithful,
    caughtBy: [ANY_METADATA],
    breakIt: changeSaved((changes) =>
      changes.metadata === undefined
        ? changes
        : { ...changes, metadata: Object.fromEntries(Object.entries(changes.metadata).map(([key, value]) => [key.replaceAll('.', '_'), value])) },
    ),
  },
]

const SAVED: readonly Mutant<SharedRepository>[] = [
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

const REST: readonly Mutant<SharedRepository>[] = [
  { name: 'folds the case of ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.toLowerCase()) },
  { name: 'ignores spaces at the end of ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.trimEnd()) },
  { name: 'normalizes ids', must: REPOSITORY_MUST.distinct, caughtBy: [APART], breakIt: confuse((sessionId) => sessionId.normalize()) },
  {
    name: 'takes ids for numbers',
    must: REPOSITORY_MUST.distinct,
    caughtBy: [APART],
    breakIt: confuse((sessionId) => (Number.isNaN(Number(sessionId)) ? sessionId : String(Number(sessionId)))),
  },
  {
    name: 'keeps no __proto__',
    must: REPOSITORY_MUST.distinct,
    caughtBy: [APART],
    breakIt: (repository) => aroundSave(repository, (save) => async (sessionId, changes) => (sessionId === '__proto__' ? undefined : save(sessionId, changes))),
  },
  { name: 'cuts ids at 255 characters', must: REPOSITORY_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => sessionId.slice(0, 255)) },
  { name: 'keeps ids as UTF-8', must: REPOSITORY_MUST.distinct, caughtBy: [AWKWARD], breakIt: confuse((sessionId) => Buffer.from(sessionId).toString()) },
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

/** All broken repositories. */
export const REPOSITORY_MUTANTS: readonly Mutant<SharedRepository>[] = [...FOUND, ...SAVED, ...REST]
