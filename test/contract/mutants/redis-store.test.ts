// @module-tag full
import { describe, expect, it } from 'vitest'
import { BEAT, CLAIM, LOOK, type RedisScript, RELEASE, WRITE } from '../../../src/adapters/redis/scripts.js'
import { type ContractCase, sessionLockContract, sessionStoreContract } from '../../../src/testing/index.js'
import { type Command, RedisBench } from '../../support/redis-bench.js'
import { USUAL_REDIS_DRIVER } from '../../support/redis-clients.js'
import { REDIS_PROGRAM } from '../../support/redis-server.js'
import { RedisSubjects } from '../redis-hooks.js'
import { isOf, redisLeaseCases } from '../redis-lease-cases.js'

/** One script in which one thing is broken, and the cases that are to fail because of it. */
interface ScriptMutant {
  readonly name: string
  readonly script: RedisScript
  /** What stands in the script, and what in the mutant. */
  readonly change: readonly [from: string, to: string]
  readonly caughtBy: readonly string[]
}

const ENDED = 'a lease that has ended is free for others at once, and lost to its holder'
const REVIVED = 'a lease that has ended is not brought back by the next claim'
const FORGOTTEN = 'tokens that the server does not know any more end the lease'
const EMPTIED = 'a server that was emptied accepts no token of before, and hands out greater ones'
const SWEPT = 'a process that has nothing left is no more in the table, and one whose lease has ended is swept out of it'
const LATE = 'what arrives after its deadline is not carried out'
const NEWER = 'keys of a newer version are left alone, also by one who has used them before'
const NO_TOKEN = 'without a token a session is written only while nobody holds its lock'
const OLD_TOKEN = 'a token that is older than the newest one is refused'

const MUTANTS: readonly ScriptMutant[] = [
  {
    name: 'gives the lock without looking whether it is as it was seen',
    script: CLAIM,
    change: ['if lock ~= ARGV[4] or liveProcess(nonce) ~= ARGV[5] then', 'if false then'],
    caughtBy: ['of many who ask at once exactly one gets the lock', 'of many who ask at once in two processes exactly one gets the lock'],
  },
  {
    name: 'replaces a holder that has shown meanwhile that it lives',
    script: CLAIM,
    change: ['or liveProcess(nonce) ~= ARGV[5] ', ''],
    caughtBy: ['a holder that shows that it lives while it is looked at is not replaced'],
  },
  {
    name: 'begins its tokens anew',
    script: CLAIM,
    change: ["math.max(newest + 1, tonumber(token or '0') + 1, now)", '1'],
    caughtBy: ['tokens are safe integers, and rise after each release', 'tokens go on rising after the session was deleted'],
  },
  {
    name: 'counts tokens and does not go by the clock',
    script: CLAIM,
    change: [', now)', ')'],
    caughtBy: [EMPTIED],
  },
  {
    name: 'goes on with the lease that has ended when something is claimed',
    script: CLAIM,
    change: ['if endOf(process) <= now then', "if process == '' then"],
    caughtBy: [REVIVED],
  },
  {
    name: 'leaves those in the table whose lease has ended',
    script: CLAIM,
    change: ["redis.call('HDEL', KEYS[3], all[index])", ''],
    caughtBy: [SWEPT],
  },
  {
    name: 'tells of a holder whose lease has ended',
    script: LOOK,
    change: ["return endOf(process) > now and process or ''", "return process or ''"],
    caughtBy: [ENDED],
  },
  {
    name: 'renews a lease that has ended',
    script: BEAT,
    change: [' or tonumber(ends) <= now', ''],
    caughtBy: ['a lease that has ended is lost also when nobody has taken it'],
  },
  {
    name: 'renews a lease whose later tokens it does not know',
    script: BEAT,
    change: [' or tonumber(newest) < tonumber(ARGV[6])', ''],
    caughtBy: [FORGOTTEN],
  },
  {
    name: 'renews a lease that was begun after some of its tokens',
    script: BEAT,
    change: [' or tonumber(first) > tonumber(ARGV[5])', ''],
    caughtBy: [REVIVED],
  },
  {
    name: 'renews nothing',
    script: BEAT,
    change: ['number(now + ARGV[4])', 'ends'],
    caughtBy: ['a lease goes on for as long as it is renewed, by one command for all sessions'],
  },
  {
    name: 'frees whatever there is at a release',
    script: RELEASE,
    change: ['if nonce == ARGV[4] and (token == ARGV[5] or claim == ARGV[5]) then', 'if token then'],
    caughtBy: ['a claim whose answer was lost leaves nothing taken'],
  },
  {
    name: 'frees nothing',
    script: RELEASE,
    change: ['if nonce == ARGV[4]', 'if false and nonce == ARGV[4]'],
    caughtBy: ['a lock that was given back is free for others, while its process goes on with another one'],
  },
  {
    name: 'gives no claim back whose answer was lost',
    script: RELEASE,
    change: [' or claim == ARGV[5]', ''],
    caughtBy: ['a claim whose answer was lost leaves nothing taken'],
  },
  {
    name: 'forgets the token at a release',
    script: RELEASE,
    change: ["redis.call('HSET', KEYS[2], ARGV[3], token)", ''],
    caughtBy: ['the newest token is good also after its release'],
  },
  {
    name: 'leaves the process in the table with its last release',
    script: RELEASE,
    change: ["if ARGV[6] == '1' then", 'if false then'],
    caughtBy: [SWEPT],
  },
  {
    name: 'writes under any token',
    script: WRITE,
    change: ['if token ~= ARGV[4] then', 'if false then'],
    caughtBy: [OLD_TOKEN, 'a holder that was replaced writes nothing any more', EMPTIED],
  },
  {
    name: 'writes under a token that is newer than it knows',
    script: WRITE,
    change: ['if token ~= ARGV[4] then', "if not (tonumber(ARGV[4]) and tonumber(ARGV[4]) >= tonumber(token or '0')) then"],
    caughtBy: [FORGOTTEN, EMPTIED],
  },
  {
    name: 'writes without a token while somebody holds the lock',
    script: WRITE,
    change: ["if process ~= '' and", 'if false and'],
    caughtBy: [NO_TOKEN, 'a session that another process holds is not written'],
  },
  {
    name: 'writes over a holder that has shown meanwhile that it lives',
    script: WRITE,
    change: [' or process ~= ARGV[6]', ''],
    caughtBy: ['a holder that shows that it lives while it is looked at is not written over'],
  },
  {
    name: 'leaves other records with replaceAll',
    script: WRITE,
    change: ["if ARGV[7] == '1' then", 'if false then'],
    caughtBy: ['the newest token is good as often as it comes'],
  },
  {
    name: 'lists a session that has nothing left',
    script: WRITE,
    change: ["redis.call('SREM', KEYS[4], ARGV[3])", ''],
    caughtBy: [NO_TOKEN],
  },
  ...[WRITE, CLAIM].flatMap((script) => [
    {
      name: `carries out what is late (${script === WRITE ? 'write' : 'claim'})`,
      script,
      change: ["if ARGV[2] ~= '' and", 'if false and'] as const,
      caughtBy: [LATE],
    },
    {
      name: `uses keys of a newer version (${script === WRITE ? 'write' : 'claim'})`,
      script,
      change: ['if version and', 'if false and'] as const,
      caughtBy: [NEWER],
    },
  ]),
]

describe.skipIf(REDIS_PROGRAM === null)('catches a script that', () => {
  const bench = new RedisBench()

  function casesOf(mutant: ScriptMutant): ContractCase[] {
    const edit = (command: Command): Command => (isOf(command, mutant.script) ? (['EVAL', changed(mutant), ...command.slice(2)] as Command) : command)
    const subjects = new RedisSubjects(USUAL_REDIS_DRIVER, bench, edit)
    return [
      ...sessionStoreContract(() => subjects.openStore(), subjects.storeHooks),
      ...sessionLockContract(() => subjects.openStoreLock(), subjects.storeLockHooks),
      ...redisLeaseCases(bench, edit),
    ]
  }

  it.each(MUTANTS)('$name', async (mutant) => {
    const cases = casesOf(mutant)
    for (const name of mutant.caughtBy) {
      const found = cases.find((one) => one.name === name)
      expect(found, name).toBeDefined()
      await expect(found?.run(), name).rejects.toThrow()
    }
  })
})

function changed({ script: { text }, change: [from, to] }: ScriptMutant): string {
  if (text.split(from).length !== 2) throw new Error(`The script holds not once: ${from}`)
  return text.replace(from, () => to)
}
