import { BEGIN, CHANGE, LOCKS, PROCESSES, type RedisScript, script, SWEEP } from './scripts.js'

/** What stands in the text of a process whose version counts each change of a lock. */
export const COUNTS_CHANGES = 'countsChanges'

// A text that may be missing is told with a mark before it.
const TELL = `
local function given(text) return text and '=' .. text or '' end
local function tellProcess(reply, name, process)
  local ends, holder = string.match(process, '^(%d+) %d+ %d+ %d+ (.*)$')
  for _, word in ipairs({holder, number(ends - now), given(redis.call('HGET', KEYS[7], name)), redis.call('HGET', KEYS[8], name) or ''}) do
    reply[#reply + 1] = word
  end
end
local function noteOf(session, token)
  local notedUnder, text = string.match(redis.call('HGET', KEYS[4], session) or '', '^(%d+) (.*)$')
  return notedUnder == token and given(text) or ''
end
local known = {}
local function lives(name)
  if known[name] == nil then known[name] = liveProcess(name) ~= '' end
  return known[name]
end
local function tellLock(reply, session, lock, leavesOutFree)
  local token, name = string.match(lock or '', '^(%d+) (%S+) %S+$')
  local isHeld = name and lives(name)
  if leavesOutFree and not isHeld then return end
  for _, word in ipairs({session, isHeld and name or '', isHeld and noteOf(session, token) or ''}) do reply[#reply + 1] = word end
end
`

// All take the keys that \`RedisKeys.ofLocks\` lists.

/**
 * Arguments: nonce, length of the lease, the process, what it enters. A lease that has ended is not brought back. One that is begun takes a
 * token that no lock has, greater than those of before and less than those that follow: so a beat tells when locks were lost with an earlier lease.
 */
export const ENTER: RedisScript = script(`${BEGIN}${PROCESSES}${SWEEP}
local process = redis.call('HGET', KEYS[3], ARGV[3]) or ''
if process ~= '' and endOf(process) <= now then return {'ended', number(now)} end
local first, newest, releases = string.match(process, '^%d+ (%d+) (%d+) (%d+) ')
local given = number(math.max((redis.call('GET', KEYS[9]) or 0) + 1, now))
redis.call('HDEL', KEYS[7], ARGV[3])
begin()
if not first then
  first, newest, releases = given, given, given
  redis.call('SET', KEYS[9], given)
  sweep()
end
redis.call('HSET', KEYS[3], ARGV[3], table.concat({number(now + ARGV[4]), first, newest, releases, ARGV[5]}, ' '))
redis.call('HSET', KEYS[7], ARGV[3], ARGV[6])
return {'done', number(now)}
`)

/** Arguments: nonce, and 1 when the process has no lease. */
export const LEAVE: RedisScript = script(`${BEGIN}
redis.call('HDEL', KEYS[7], ARGV[3])
redis.call('HDEL', KEYS[8], ARGV[3])
if ARGV[4] == '1' then redis.call('HDEL', KEYS[3], ARGV[3]) end
return {'done', number(now)}
`)

/** Arguments: session, nonce, token, what is noted. */
export const NOTE: RedisScript = script(`${BEGIN}${LOCKS}${CHANGE}
if nonce == ARGV[4] and token == ARGV[5] and liveProcess(nonce) ~= '' then
  redis.call('HDEL', KEYS[4], ARGV[3])
  redis.call('HSET', KEYS[4], ARGV[3], token .. ' ' .. ARGV[6])
  change(ARGV[3])
end
return {'done', number(now)}
`)

/** Arguments: session. Answers with the note and the process that has the lock, if that lives. */
export const HOLDER: RedisScript = script(`${BEGIN}${LOCKS}${TELL}
local process = liveProcess(nonce)
if process == '' then return {'free', number(now)} end
local reply = {'done', number(now), noteOf(ARGV[3], token)}
tellProcess(reply, nonce, process)
return reply
`)

/**
 * Arguments: the count, the revision and the strangers of a cursor, and how many locks to tell at most. Answers with those of the next cursor, 1 when
 * the old one says nothing any more, how many processes there are, these, and otherwise the locks that changed. Strangers are of a version that counts
 * no changes: whether they have taken or given back anything shows from their tokens and releases.
 */
export const CHANGES: RedisScript = script(`${BEGIN}${PROCESSES}${TELL}
local revision, epoch = string.match(redis.call('GET', KEYS[6]) or '', '^(%d+) (%d+)$')
local processes, count, strangers = {}, 0, {}
local all = redis.call('HGETALL', KEYS[3])
for index = 1, #all, 2 do
  local newest, releases, holder = string.match(all[index + 1], '^%d+ %d+ (%d+) (%d+) (.*)$')
  if holder and endOf(all[index + 1]) > now then
    count = count + 1
    tellProcess(processes, all[index], all[index + 1])
    if not string.find(holder, '"${COUNTS_CHANGES}":true', 1, true) then strangers[#strangers + 1] = table.concat({all[index], newest, releases}, '-') end
  end
end
table.sort(strangers)
local stranger = #strangers == 0 and '-' or redis.sha1hex(table.concat(strangers, '-'))
epoch, revision = epoch or '0', revision or '0'
local isComplete = epoch ~= ARGV[3] or tonumber(revision) < tonumber(ARGV[4]) or stranger ~= ARGV[5]
local locks = {}
if not isComplete then
  local changed = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. ARGV[4], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[6])
  for index = 1, #changed, 2 do tellLock(locks, changed[index], redis.call('HGET', KEYS[2], changed[index])) end
  revision = number(changed[#changed] or revision)
end
local reply = {'done', number(now), epoch, revision, stranger, isComplete and '1' or '', number(count)}
for _, words in ipairs({processes, locks}) do
  for _, word in ipairs(words) do reply[#reply + 1] = word end
end
return reply
`)

/** Arguments: where the last page ended, and how many there are on one. Answers with where this one ends, and the locks that are held. */
export const HELD: RedisScript = script(`${BEGIN}${PROCESSES}${TELL}
local page = redis.call('HSCAN', KEYS[2], ARGV[3], 'COUNT', ARGV[4])
local reply = {'done', number(now), page[1]}
for index = 1, #page[2], 2 do tellLock(reply, page[2][index], page[2][index + 1], true) end
return reply
`)

/** Arguments: nonce. Answers with 1 when it is that of a member. */
export const ASK_TO_DRAIN: RedisScript = script(`${BEGIN}${PROCESSES}
if liveProcess(ARGV[3]) == '' or redis.call('HEXISTS', KEYS[7], ARGV[3]) == 0 then return {'done', number(now), ''} end
redis.call('HSET', KEYS[8], ARGV[3], '1')
return {'done', number(now), '1'}
`)
