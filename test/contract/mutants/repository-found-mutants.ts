import { type ConnectionRecord, newConnectionRecord } from '../../../src/repository/connection-repository.js'
import { REPOSITORY_MUST } from '../../../src/testing/contracts/connection-repository/repository-musts.js'
import { aroundSave, changeSaved, refusal } from './broken-ways.js'
import type { Mutant } from './mutant.js'
import type { SharedRepository } from './shared-memory.js'

const OUTAGE = 'what cannot be reached is a failure, never null or empty'
const UNKNOWN = 'what was never saved is null, and deleting it succeeds'
const AS_SAVED = 'what was saved is found as it was, with dates as Dates'
const ANY_METADATA = 'metadata of any keys comes back'
const ALL = 'findAll has all records once, whatever their status'

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

/** Answers an outage with something. */
function deafTo(verb: 'find' | 'findAll' | 'save' | 'delete', answer: unknown): (repository: SharedRepository) => void {
  return (repository) => {
    const call = repository[verb].bind(repository) as (...values: unknown[]) => Promise<unknown>
    Object.assign(repository, { [verb]: async (...values: unknown[]) => (repository.memory.isDown ? answer : call(...values)) })
  }
}

/** What is found, and as what. */
export const FOUND: readonly Mutant<SharedRepository>[] = [
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
