import { createHash } from 'node:crypto'

/** The layout of the keys that these scripts know. */
export const SCHEMA_VERSION = 1

/** A script, and the name under which a server that has run it knows it. */
export interface RedisScript {
  readonly text: string
  readonly sha: string
}

// All take the key of the schema first, and as arguments its version and a time of the server after which nothing is to be done any more.
// All answer with a word and the server's time. Redis takes nothing back of a script that fails half way: so keys of another kind are met before
// the first change, and what may be refused comes before what removes. For want of memory it refuses the first change of a script or none.
export const BEGIN: string = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function number(value) return string.format('%.0f', value) end
if ARGV[2] ~= '' and now >= tonumber(ARGV[2]) then return {'late', number(now)} end
local version = redis.call('GET', KEYS[1])
if version and not (tonumber(version) and tonumber(version) <= tonumber(ARGV[1])) then return {'schema', number(now), version} end
local function begin() if not version then redis.call('SET', KEYS[1], ARGV[1]) end end
`

// A process is "<end of its lease> <first token> <newest token> <releases> <holder>".
export const PROCESSES: string = `
local function endOf(process) return tonumber(string.match(process or '', '^(%d+) ')) or 0 end
local function liveProcess(name)
  local process = name and redis.call('HGET', KEYS[3], name)
  return endOf(process) > now and process or ''
end
`

// A lock is "<token>" or "<token> <nonce> <claim>".
export const LOCKS: string = `${PROCESSES}
local lock = redis.call('HGET', KEYS[2], ARGV[3]) or ''
local token, nonce, claim = string.match(lock, '^(%d+) (%S+) (%S+)$')
token = token or string.match(lock, '^(%d+)$')
if lock ~= '' and not token then return {'damaged', number(now)} end
`

// A revision is "<number> <when the count began>": by the latter it is known that the server was emptied in between.
export const CHANGE: string = `
local revision, epoch = string.match(redis.call('GET', KEYS[6]) or '', '^(%d+) (%d+)$')
redis.call('ZCARD', KEYS[5])
redis.call('HLEN', KEYS[4])
local function change(session)
  revision = number((revision or 0) + 1)
  redis.call('SET', KEYS[6], revision .. ' ' .. (epoch or time[1] .. time[2]))
  redis.call('ZADD', KEYS[5], revision, session)
end
`

// An older version of the library sweeps processes and leaves what they have entered.
export const SWEEP: string = `
redis.call('HLEN', KEYS[7])
redis.call('HLEN', KEYS[8])
local function sweep()
  local all = redis.call('HGETALL', KEYS[3])
  for index = 1, #all, 2 do
    if endOf(all[index + 1]) <= now then redis.call('HDEL', KEYS[3], all[index]) end
  end
  for _, name in ipairs(redis.call('HKEYS', KEYS[7])) do
    if liveProcess(name) == '' then
      redis.call('HDEL', KEYS[7], name)
      redis.call('HDEL', KEYS[8], name)
    end
  end
end
`

/** Keys: schema, locks, processes. Arguments: session. Answers with its lock and the process that has it, if that lives. */
export const LOOK: RedisScript = script(`${BEGIN}${LOCKS}
return {'done', number(now), lock, liveProcess(nonce)}
`)

/**
 * Keys: as `RedisKeys.ofLocks` lists them. Arguments: session, lock and process as they were seen, nonce, name of the claim, holder, length of the
 * lease. Answers with the token. A process that has no lease, or none any more, begins one: what it claimed before is older than its first token.
 * Its releases are counted from there, not from zero: those who wait must not take it for what it was before.
 */
export const CLAIM: RedisScript = script(`${BEGIN}${LOCKS}${CHANGE}${SWEEP}
if lock ~= ARGV[4] or liveProcess(nonce) ~= ARGV[5] then return {'changed', number(now)} end
local newest = tonumber(redis.call('GET', KEYS[9]) or '0')
local process = redis.call('HGET', KEYS[3], ARGV[6]) or ''
begin()
local given = number(math.max(newest + 1, tonumber(token or '0') + 1, now))
redis.call('SET', KEYS[9], given)
redis.call('HSET', KEYS[2], ARGV[3], given .. ' ' .. ARGV[6] .. ' ' .. ARGV[7])
redis.call('HDEL', KEYS[4], ARGV[3])
change(ARGV[3])
local first, releases = string.match(process, '^%d+ (%d+) %d+ (%d+) ')
if endOf(process) <= now then
  first, releases = given, given
  sweep()
end
redis.call('HSET', KEYS[3], ARGV[6], table.concat({number(now + ARGV[9]), first, given, releases, ARGV[8]}, ' '))
return {'done', number(now), given}
`)

/**
 * Keys: as `RedisKeys.ofLocks` lists them. Arguments: session, nonce, token or name of the claim, and 1 when the process has no other lease. Counts the
 * release, by which those who wait for one of its locks know that they should look.
 */
export const RELEASE: RedisScript = script(`${BEGIN}${LOCKS}${CHANGE}
if nonce == ARGV[4] and (token == ARGV[5] or claim == ARGV[5]) then
  redis.call('HDEL', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[2], ARGV[3], token)
  redis.call('HDEL', KEYS[4], ARGV[3])
  change(ARGV[3])
  local lease, releases, holder = string.match(redis.call('HGET', KEYS[3], nonce) or '', '^(%d+ %d+ %d+) (%d+) (.*)$')
  if lease then redis.call('HSET', KEYS[3], nonce, table.concat({lease, number(releases + 1), holder}, ' ')) end
end
if ARGV[6] == '1' then redis.call('HDEL', KEYS[3], ARGV[4]) end
return {'done', number(now)}
`)

/**
 * Keys: schema, processes. Arguments: nonce, length of the lease, and the first and the newest token that the process goes by. A lease that has
 * ended is not brought back; nor does one go on of which the server does not know all tokens, as after a failover.
 */
export const BEAT: RedisScript = script(`${BEGIN}
local process = redis.call('HGET', KEYS[2], ARGV[3]) or ''
local ends, first, newest, rest = string.match(process, '^(%d+) (%d+) (%d+) (.*)$')
redis.call('HDEL', KEYS[2], ARGV[3])
if not ends or tonumber(ends) <= now or tonumber(first) > tonumber(ARGV[5]) or tonumber(newest) < tonumber(ARGV[6]) then
  return {'ended', number(now)}
end
redis.call('HSET', KEYS[2], ARGV[3], table.concat({number(now + ARGV[4]), first, newest, rest}, ' '))
return {'done', number(now)}
`)

/** Keys: schema, processes. Answers with the nonce of each process whose lease has not ended, and how many locks it has given back. */
export const LIVING: RedisScript = script(`${BEGIN}
local reply = {'done', number(now)}
local all = redis.call('HGETALL', KEYS[2])
for index = 1, #all, 2 do
  local ends, releases = string.match(all[index + 1], '^(%d+) %d+ %d+ (%d+) ')
  if ends and tonumber(ends) > now then
    reply[#reply + 1] = all[index]
    reply[#reply + 1] = releases
  end
end
return reply
`)

/**
 * Keys: schema, locks, processes, sessions, the session's records. Arguments: session, token, lock and process of a holder that was found dead,
 * 1 to remove all other records, how many to remove, their fields, and the fields and values to set. Answers with the lock and,
 * to one who has no token and may not write, the process that has it.
 */
export const WRITE: RedisScript = script(`${BEGIN}${LOCKS}
if ARGV[4] ~= '' then
  if token ~= ARGV[4] then return {'stale', number(now), lock} end
else
  local process = liveProcess(nonce)
  if process ~= '' and (lock ~= ARGV[5] or process ~= ARGV[6]) then return {'held', number(now), lock, process} end
end
local listed = redis.call('SISMEMBER', KEYS[4], ARGV[3])
redis.call('HLEN', KEYS[5])
local function each(command, first, last)
  for start = first, last, 1000 do redis.call(command, KEYS[5], unpack(ARGV, start, math.min(start + 999, last))) end
end
local firstValue = 9 + ARGV[8]
each('HSET', firstValue, #ARGV)
each('HDEL', 9, firstValue - 1)
if ARGV[7] == '1' then
  local kept = {}
  for index = firstValue, #ARGV, 2 do kept[ARGV[index]] = true end
  for _, field in ipairs(redis.call('HKEYS', KEYS[5])) do
    if not kept[field] then redis.call('HDEL', KEYS[5], field) end
  end
end
if redis.call('HLEN', KEYS[5]) > 0 then
  begin()
  if listed == 0 then redis.call('SADD', KEYS[4], ARGV[3]) end
elseif listed == 1 then
  redis.call('SREM', KEYS[4], ARGV[3])
end
return {'done', number(now), lock}
`)

/** Keys: schema, connections, the connection. Arguments: session, how many words there are for one that is new, those, how many fields to remove, those, and the fields and values to set. */
export const SAVE_CONNECTION: RedisScript = script(`${BEGIN}
local listed = redis.call('SISMEMBER', KEYS[2], ARGV[3])
redis.call('HLEN', KEYS[3])
begin()
local removed = 5 + ARGV[4]
local set = removed + 1 + ARGV[removed]
if listed == 0 then
  redis.call('SADD', KEYS[2], ARGV[3])
  redis.call('HSET', KEYS[3], unpack(ARGV, 5, removed - 1))
end
if set > removed + 1 then redis.call('HDEL', KEYS[3], unpack(ARGV, removed + 1, set - 1)) end
if set <= #ARGV then redis.call('HSET', KEYS[3], unpack(ARGV, set)) end
return {'done', number(now)}
`)

/** Keys: schema, connections, the connection. Arguments: session. */
export const DELETE_CONNECTION: RedisScript = script(`${BEGIN}
redis.call('SISMEMBER', KEYS[2], ARGV[3])
redis.call('DEL', KEYS[3])
redis.call('SREM', KEYS[2], ARGV[3])
return {'done', number(now)}
`)

/** Keys: schema. Answers when the layout is known. */
export const CHECK_SCHEMA: RedisScript = script(`${BEGIN}
return {'done', number(now)}
`)

/** A script with its name. */
export function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
