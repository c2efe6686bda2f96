import { withDeadline } from '../../async/deadline.js'
import type { ResolvedRedisOptions, SendCommand } from './redis-client.js'
import { isUnknownScript, type RedisAction, redisFailure, RedisProblem } from './redis-failure.js'
import { RedisKeys } from './redis-keys.js'
import { toText, toTexts } from './redis-reply.js'
import { CHECK_SCHEMA, type RedisScript, SCHEMA_VERSION } from './scripts.js'
import { ServerClock } from './server-clock.js'
import { asksForSavePoints, judgeServer } from './server-check.js'

/** How long a call waits for the server: less than a manager waits for its store, so that what went wrong can be told. */
const ANSWER_MS = 10_000

/** A script with what it is to be run on. */
export interface ScriptCall {
  readonly script: RedisScript
  /** The keys that it touches, without that of the schema. */
  readonly keys: readonly string[]
  /** Its arguments, without the version and the deadline. */
  readonly parameters: readonly string[]
  /** How long to wait for it; when not given, as long as for any other. */
  readonly timeoutMs?: number
}

/** How a script is sent: by name, or whole with something right behind it. */
type Evaluate = (script: RedisScript, parameters: readonly string[]) => Promise<unknown>

/** The word that a script answers with, and what follows. */
type Reply = [word: string, ...rest: string[]]

/** How a connection is made. */
export interface RedisConnectionOptions extends ResolvedRedisOptions {
  /** Told once of each thing that may lose sessions. */
  onWarning?: (warning: string) => void
}

/** How a store or a repository talks to its server: looked at first, with deadlines, and every failure a `SessionError`. */
export class RedisConnection {
  readonly keys: RedisKeys
  readonly #send: SendCommand
  readonly #onWarning: (warning: string) => void
  readonly #clock = new ServerClock()
  readonly #warned = new Set<string>()
  /** The check of the server; none after a failure, as it may be another server since. */
  #check: Promise<void> | undefined

  /** Asks nothing yet. */
  constructor({ send, keyPrefix, onWarning = () => undefined }: RedisConnectionOptions) {
    this.keys = new RedisKeys(keyPrefix)
    this.#send = send
    this.#onWarning = onWarning
  }

  /** The time of the server, as far as is known. */
  now(): number {
    return this.#clock.at(performance.now())
  }

  /** Sends a command that changes nothing, and understands what comes back. */
  async read<Answer>(action: RedisAction, understand: (reply: unknown) => Answer, command: string, ...parameters: string[]): Promise<Answer> {
    return this.#guarded(action, async () => {
      await this.#checked()
      return understand(await within(ANSWER_MS, this.#send(command, ...parameters)))
    })
  }

  /** Runs a script, and resolves with the word that it answers with, and what follows. */
  async run(action: RedisAction, call: ScriptCall, evaluate: Evaluate = this.#evaluate): Promise<string[]> {
    return this.#guarded(action, async () => {
      await this.#checked()
      return this.#runInTime(call, evaluate)
    })
  }

  /** Sends a script whole, and a command right behind it on the same connection. */
  async runWith(action: RedisAction, call: ScriptCall, next: readonly [command: string, ...parameters: string[]]): Promise<[reply: string[], next: unknown]> {
    let following: Promise<unknown> = Promise.resolve()
    const reply = await this.run(action, call, (script, parameters) => {
      const sent = this.#send('EVAL', script.text, ...parameters)
      following = this.#send(...next)
      following.catch(() => undefined)
      return sent
    })
    return [reply, await this.#guarded(action, () => within(ANSWER_MS, following))]
  }

  async #guarded<Result>(action: RedisAction, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      this.#check = undefined
      throw redisFailure(action, error)
    }
  }

  async #runInTime(call: ScriptCall, evaluate: Evaluate): Promise<string[]> {
    const end = performance.now() + (call.timeoutMs ?? ANSWER_MS)
    const reply = await this.#runBefore(end, call, evaluate)
    // One that is late although there is time left was late by a clock that was set since it was heard last.
    const [word, ...rest] = reply[0] === 'late' && performance.now() < end ? await this.#runBefore(end, call, evaluate) : reply
    if (word === 'schema') throw newerSchema(rest[0])
    if (word === 'late') throw new RedisProblem('It took too long to get there, and was not carried out.')
    return [word, ...rest]
  }

  async #runBefore(end: number, { script, keys, parameters }: ScriptCall, evaluate: Evaluate): Promise<Reply> {
    const sent = [String(keys.length + 1), this.keys.schema, ...keys, String(SCHEMA_VERSION), String(this.#clock.at(end)), ...parameters]
    return this.#hear(await within(end - performance.now(), evaluate(script, sent)))
  }

  /** Takes the time out of the answer to a script. */
  #hear(reply: unknown): Reply {
    const [word = '', time = '', ...rest] = toTexts(reply)
    if (!/^\d+$/u.test(time))
      throw new RedisProblem('It answered a script with something else than a word and a time. Check that the client is connected to Redis or Valkey.')
    this.#clock.heard(Number(time))
    return [word, ...rest]
  }

  readonly #evaluate: Evaluate = async ({ text, sha }, parameters) => {
    try {
      return await this.#send('EVALSHA', sha, ...parameters)
    } catch (error) {
      if (!isUnknownScript(error)) throw error
      return this.#send('EVAL', text, ...parameters)
    }
  }

  async #checked(): Promise<void> {
    this.#check ??= this.#checkServer()
    await this.#check
  }

  async #checkServer(): Promise<void> {
    const info = await this.#askUnlessForbidden('INFO')
    const savePoints = asksForSavePoints(info) ? await this.#askUnlessForbidden('CONFIG', 'GET', 'save') : null
    const { refusal, warnings } = judgeServer({ info, savePoints })
    if (refusal !== null) throw new RedisProblem(refusal)
    const [word, version] = this.#hear(await within(ANSWER_MS, this.#evaluate(CHECK_SCHEMA, ['1', this.keys.schema, String(SCHEMA_VERSION), ''])))
    if (word === 'schema') throw newerSchema(version)
    for (const warning of warnings) this.#warn(warning)
  }

  #warn(warning: string): void {
    if (this.#warned.has(warning)) return
    this.#warned.add(warning)
    this.#onWarning(warning)
  }

  /** What a server says of itself; `null` when it does not let this user ask. */
  async #askUnlessForbidden(command: string, ...parameters: string[]): Promise<string | null> {
    try {
      const answer = await within(ANSWER_MS, this.#send(command, ...parameters))
      return toText(answer) ?? toTexts(answer)[1] ?? ''
    } catch (error) {
      if (error instanceof Error && /^(?:NOPERM|ERR unknown command)/u.test(error.message)) return null
      throw error
    }
  }
}

function within<Result>(timeoutMs: number, work: Promise<Result>): Promise<Result> {
  return withDeadline(
    work,
    timeoutMs,
    () => new RedisProblem(`It did not answer within ${Math.round(timeoutMs)} ms. A change may have been made; if it was not, it will not be made later.`),
  )
}

function newerSchema(version = ''): RedisProblem {
  return new RedisProblem(
    `The keys there have schema version ${version.slice(0, 20)}, but this baileys-sessions only knows version ${SCHEMA_VERSION}: a newer one has used them. Update baileys-sessions. Nothing was changed.`,
  )
}
