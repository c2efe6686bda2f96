import { processLock, type RecordKey, SessionError, type SessionStore, type StoredRecord } from 'baileys-sessions'

/** A client with keys of its own: if others use them, too, let it add a prefix. */
export interface KeyValueClient {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<unknown>
  delete(key: string): Promise<unknown>
  keys(): Promise<string[]>
}

const textOf = ({ type, id }: RecordKey): string => JSON.stringify([type, id])

export function keyValueSessionStore(client: KeyValueClient): SessionStore {
  const lock = processLock()
  const turns = new Map<string, Promise<unknown>>()
  let isClosed = false
  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    if (isClosed) throw new SessionError('STORE_UNAVAILABLE', 'The store is closed. Create a new one.')
    return question().catch((cause: unknown) => {
      throw new SessionError('STORE_UNAVAILABLE', 'The key-value store did not answer.', { cause })
    })
  }
  async function load(sessionId: string): Promise<StoredRecord[]> {
    const text = await ask(() => client.get(JSON.stringify(sessionId)))
    try {
      return [...(JSON.parse(text ?? '[]') as StoredRecord[])]
    } catch (cause) {
      throw new SessionError('RECORD_CORRUPT', `Session "${sessionId}" cannot be read. Nothing was changed.`, { sessionId, cause })
    }
  }
  const store: SessionStore = {
    lock,
    async *list() {
      for (const name of await ask(() => client.keys())) yield JSON.parse(name) as string
    },
    async *records(sessionId) {
      for (const { type, id } of await load(sessionId)) yield { type, id }
    },
    async read(sessionId, keys) {
      const wanted = new Set(keys.map(textOf))
      return (await load(sessionId)).filter((record) => wanted.has(textOf(record)))
    },
    async write(sessionId, changes, { fencingToken, replaceAll } = {}) {
      const copies = changes.map(({ type, id, value }) => ({ type, id, value }))
      if (copies.some(({ value }) => value !== null && typeof value !== 'string')) throw new TypeError('A value must be a string or null.')
      const turn = (turns.get(sessionId) ?? Promise.resolve()).then(async () => {
        const before = replaceAll === true ? [] : await load(sessionId)
        const after = new Map([...before, ...copies].map((record) => [textOf(record), record]))
        const [name, text] = [JSON.stringify(sessionId), JSON.stringify([...after.values()].filter(({ value }) => value !== null))]
        lock.check(sessionId, fencingToken)
        await ask(() => (text === '[]' ? client.delete(name) : client.set(name, text)))
      })
      turns.set(
        sessionId,
        turn.catch(() => undefined),
      )
      await turn
    },
    delete: (sessionId, options) => store.write(sessionId, [], { ...options, replaceAll: true }),
    async close() {
      isClosed = true
    },
  }
  return store
}
