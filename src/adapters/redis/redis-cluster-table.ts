import type { ClusterChanges, ClusterTable, HolderNote, NotedLock, ProcessEntry } from '../../lease/cluster-table.js'
import type { Holder } from '../../lease/holder.js'
import type { LeaseKey, ReleaseOptions } from '../../lease/lease-key.js'
import { ASK_TO_DRAIN, CHANGES, COUNTS_CHANGES, ENTER, HELD, HOLDER, LEAVE, NOTE } from './cluster-scripts.js'
import type { RedisConnection } from './redis-connection.js'
import { type RedisAction, redisRefusal } from './redis-failure.js'
import type { RedisScript } from './scripts.js'
import { fromStored, toStored } from './stored-text.js'

/** How many locks one script tells at most: the server answers nobody else meanwhile. */
const PAGE = 1000

/** How many words tell of a process, and of a lock. */
const PROCESS_WORDS = 4
const LOCK_WORDS = 3

const FOLLOW: RedisAction = { verb: 'follow the locks in' }

/** A process as it stands in Redis. */
export function processText(holder: Holder): string {
  return JSON.stringify({ ...holder, [COUNTS_CHANGES]: true })
}

/** What the processes of a cluster say, in Redis beside the locks. Each change of a lock has a number, by which a follower asks for what came later. */
export class RedisClusterTable implements ClusterTable {
  readonly #connection: RedisConnection
  readonly #leaseMs: number
  #entered: string | null = null

  /** Asks the server nothing yet. */
  constructor(connection: RedisConnection, leaseMs: number) {
    this.#connection = connection
    this.#leaseMs = leaseMs
  }

  /** Whether a holder has entered here, and has not left: then it has a lease also without locks. */
  hasEntered(nonce: string): boolean {
    return this.#entered === nonce
  }

  async enter(holder: Holder, text: string): Promise<boolean> {
    const parameters = [holder.nonce, String(this.#leaseMs), processText(holder), toStored(text)]
    const [word] = await this.#run({ verb: 'announce this process in' }, ENTER, parameters)
    this.#entered = word === 'done' ? holder.nonce : null
    return word === 'done'
  }

  async leave(nonce: string, { isLast }: ReleaseOptions): Promise<void> {
    await this.#run({ verb: 'take the announcement of this process out of' }, LEAVE, [nonce, isLast ? '1' : ''])
    if (this.#entered === nonce) this.#entered = null
  }

  async note({ sessionId, token, nonce }: LeaseKey, text: string): Promise<void> {
    const action = { verb: `note something beside the lock of session "${sessionId}" in`, sessionId }
    await this.#runOnLock(action, NOTE, [toStored(sessionId), nonce, String(token), toStored(text)])
  }

  async holdersOf(sessionId: string): Promise<readonly HolderNote[]> {
    const action = { verb: `read the lock of session "${sessionId}" in`, sessionId }
    const [word, note, ...process] = await this.#runOnLock(action, HOLDER, [toStored(sessionId)])
    return word === 'free' ? [] : [{ process: this.#toProcess(process), note: toOptional(note) }]
  }

  async changes(cursor: string | null): Promise<ClusterChanges> {
    const locks: NotedLock[] = []
    for (let from = cursor; ;) {
      const news = await this.#changesSince(from)
      // What changes on the way is told once more by the next question.
      if (news.isComplete) return { ...news, locks: await this.#allHeld() }
      locks.push(...news.locks)
      if (news.locks.length < PAGE) return { ...news, locks }
      from = news.cursor
    }
  }

  async askToDrain(nonce: string): Promise<boolean> {
    const [, isMember] = await this.#run({ verb: 'ask a process to hand its sessions over through' }, ASK_TO_DRAIN, [nonce])
    return isMember === '1'
  }

  async #changesSince(cursor: string | null): Promise<ClusterChanges> {
    const [epoch = '', revision = '0', strangers = ''] = cursor?.split(' ') ?? []
    const [, ...words] = await this.#run(FOLLOW, CHANGES, [epoch, revision, strangers, String(PAGE)])
    const [isComplete, count, ...entries] = words.slice(LOCK_WORDS)
    const firstLock = Number(count) * PROCESS_WORDS
    return {
      cursor: words.slice(0, LOCK_WORDS).join(' '),
      isComplete: isComplete === '1',
      processes: inGroups(entries.slice(0, firstLock), PROCESS_WORDS).map((process) => this.#toProcess(process)),
      locks: inGroups(entries.slice(firstLock), LOCK_WORDS).map(toLock),
    }
  }

  async #allHeld(): Promise<NotedLock[]> {
    const locks: NotedLock[] = []
    let cursor = '0'
    do {
      const [, next = '0', ...page] = await this.#run(FOLLOW, HELD, [cursor, String(PAGE)])
      locks.push(...inGroups(page, LOCK_WORDS).map(toLock))
      cursor = next
    } while (cursor !== '0')
    return locks
  }

  #toProcess([text = '', leaseLeft, entered, asked]: readonly string[]): ProcessEntry {
    // The server leaves out whose lease has ended: what it tells of lives now.
    const lastSignAt = this.#connection.now()
    return { text, lastSignAt, entered: toOptional(entered), isAskedToDrain: asked === '1', leaseLeftMs: Number(leaseLeft) }
  }

  async #runOnLock(action: RedisAction, script: RedisScript, parameters: readonly string[]): Promise<string[]> {
    const reply = await this.#run(action, script, parameters)
    if (reply[0] === 'damaged') throw redisRefusal(action, 'What it holds there is not what was written: its lock cannot be read. Nothing was changed.')
    return reply
  }

  #run(action: RedisAction, script: RedisScript, parameters: readonly string[]): Promise<string[]> {
    return this.#connection.run(action, { script, keys: this.#connection.keys.ofLocks, parameters })
  }
}

function toLock([stored = '', nonce, note]: readonly string[]): NotedLock {
  const sessionId = fromStored(stored)
  if (sessionId === null) throw redisRefusal(FOLLOW, 'The name of a session there cannot be read. Nothing was changed.')
  return { sessionId, nonce: nonce === '' ? null : (nonce ?? null), note: toOptional(note) }
}

/** A text that may be missing: it stands behind a mark. What somebody else has written there says nothing. */
function toOptional(word = ''): string | null {
  return word.startsWith('=') ? fromStored(word.slice(1)) : null
}

function inGroups(words: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.floor(words.length / size) }, (_, index) => words.slice(index * size, (index + 1) * size))
}
