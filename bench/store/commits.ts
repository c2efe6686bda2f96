import { createCipheriv, randomBytes } from 'node:crypto'
import { close, fdatasync, open, write } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type pg from 'pg'
import { encodeAuthValue } from '../../src/auth/auth-codec.js'
import { pairedCreds } from '../../src/testing/fake-baileys.js'
import { median } from '../report-parts.js'
import { inTurn } from '../rounds.js'
import { timeOf } from './clock.js'
import { makeKeeper, openPool } from './keeper.js'
import {
  type CommitName,
  type CommitTimings,
  type Contender,
  type KeeperName,
  FILE_LIMITS,
  type FileLimitName,
  keepersOn,
  type Place,
  type Timings,
} from './lines.js'
import { lifecycleText, ratchetStep } from './records.js'

/**
 * Everybody commits some in a row, then the next one: what the machine does meanwhile hits all alike. In a row, because a sync of the
 * disk also pays for what others have written just before it.
 */
const BLOCKS = 40
const IN_A_ROW = 20
/** In the first blocks the code is still being compiled. */
const WARM_UP_BLOCKS = 8

/** Somebody who commits: makes what is to be committed, and returns how it is done. `null` for what they do not keep. */
interface Committer {
  readonly name: Contender
  readonly prepare: Readonly<Record<CommitName, ((index: number) => () => Promise<void>) | null>>
  readonly close: () => Promise<void>
}

/** The middle of the single commits of everybody, side by side in one process. */
export async function measureCommits(place: Place): Promise<CommitTimings> {
  const committers = [
    ...(await Promise.all(FILE_LIMITS.map((name) => appender(name, place.folder)))),
    await inserter(openPool(place.servers.postgres)),
    ...(await Promise.all(keepersOn(place.servers).map((name) => storeCommitter(name, place)))),
  ]
  const keyCommits = await measureCommit(committers, 'keyCommit')
  const credsCommits = await measureCommit(committers, 'credsCommit')
  const lifecycleCommits = await measureCommit(committers, 'lifecycleCommit')
  for (const committer of committers) await committer.close()
  const timingsOf = ({ name }: Committer): Pick<Timings, CommitName> => ({
    keyCommit: keyCommits.get(name) ?? null,
    credsCommit: credsCommits.get(name) ?? null,
    lifecycleCommit: lifecycleCommits.get(name) ?? null,
  })
  return {
    contenders: Object.fromEntries(committers.map((committer) => [committer.name, timingsOf(committer)])),
    encryptionPass: measureEncryptionPass(),
  }
}

async function measureCommit(committers: readonly Committer[], commit: CommitName): Promise<Map<Contender, number>> {
  const times = new Map<Contender, number[]>()
  for (let block = 0; block < BLOCKS; block += 1) {
    for (const { name, prepare } of inTurn(committers, block)) {
      const prepareOne = prepare[commit]
      if (prepareOne === null) continue
      const ofOne = await timesInARow(prepareOne)
      if (block >= WARM_UP_BLOCKS) times.set(name, [...(times.get(name) ?? []), ...ofOne])
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]))
}

async function timesInARow(prepareOne: (index: number) => () => Promise<void>): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < IN_A_ROW; index += 1) times.push(await timeOf(prepareOne(index)))
  return times
}

/** A store, or stock, as Baileys uses it. */
async function storeCommitter(name: KeeperName, { folder: parent, servers }: Place): Promise<Committer> {
  const folder = join(parent, name)
  await mkdir(folder)
  const keeper = await makeKeeper(name, { folder, servers })
  await keeper.add('shop')
  const auth = await keeper.open('shop')
  const { saveLifecycle } = auth
  return {
    name,
    prepare: {
      keyCommit: (index) => {
        const step = ratchetStep(index)
        return () => auth.setKeys(step)
      },
      credsCommit: (index) => {
        auth.creds.accountSyncCounter = index
        return auth.saveCreds
      },
      lifecycleCommit: saveLifecycle === null ? null : (index) => () => saveLifecycle(index),
    },
    close: keeper.close,
  }
}

/** Appends the same bytes to one file, and does nothing else: no store can be quicker. */
async function appender(name: FileLimitName, folder: string): Promise<Committer> {
  const file = await promisify(open)(join(folder, `${name}.log`), 'a')
  const append = (text: string): (() => Promise<void>) => {
    const bytes = Buffer.from(text)
    return async () => {
      const { bytesWritten } = await promisify(write)(file, bytes, 0, bytes.length, null)
      if (bytesWritten !== bytes.length) throw new Error('The disk took only a part.')
      if (name === 'synced-append') await promisify(fdatasync)(file)
    }
  }
  return {
    name,
    prepare: {
      keyCommit: (index) => append(keyText(index)),
      credsCommit: () => append(pairedCreds()),
      lifecycleCommit: (index) => append(lifecycleText(index)),
    },
    close: () => promisify(close)(file),
  }
}

/** Inserts the same bytes into a table, or writes over them, and does nothing else. */
async function inserter(pool: pg.Pool): Promise<Committer> {
  const table = `bare_${randomBytes(8).toString('hex')}`
  await pool.query(`CREATE TABLE ${table} (type text, id text, value text NOT NULL, PRIMARY KEY (type, id))`)
  const statement = `INSERT INTO ${table} VALUES ($1, $2, $3) ON CONFLICT (type, id) DO UPDATE SET value = excluded.value`
  const insert = (type: string, id: string, value: string) => async (): Promise<void> => {
    await pool.query(statement, [type, id, value])
  }
  return {
    name: 'insert',
    prepare: {
      keyCommit: (index) => insert('session', Object.keys(ratchetStep(index).session).join(), keyText(index)),
      credsCommit: () => insert('creds', '', pairedCreds()),
      lifecycleCommit: (index) => insert('lifecycle', '', lifecycleText(index)),
    },
    close: () => pool.end(),
  }
}

/** What a store is given to keep of one step of a ratchet. */
const keyText = (index: number): string => Object.values(ratchetStep(index).session).map(encodeAuthValue).join('')

function measureEncryptionPass(): number {
  const secret = randomBytes(32)
  const times: number[] = []
  for (let index = 0; index < BLOCKS * IN_A_ROW; index += 1) {
    const text = keyText(index)
    const startedAt = performance.now()
    const cipher = createCipheriv('aes-256-gcm', secret, randomBytes(12))
    cipher.update(text, 'utf8')
    cipher.final()
    cipher.getAuthTag()
    times.push(performance.now() - startedAt)
  }
  return median(times)
}
