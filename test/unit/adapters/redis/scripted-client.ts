import type { CallingRedisClient } from '../../../../src/redis.js'

/** A command as a client is given it. */
export type Command = readonly [name: string, ...parameters: string[]]

/** What a server would say of itself that is good. */
export const GOOD_INFO = 'maxmemory_policy:noeviction\r\naof_enabled:1\r\nrole:master\r\ncluster_enabled:0\r\n'

/** A client without a server: it answers as a test says, and remembers what it was asked. */
export class ScriptedClient implements CallingRedisClient {
  readonly commands: Command[] = []
  /** What it answers where the test says nothing else. */
  answer: (command: Command) => unknown = () => undefined
  /** The server's time. */
  now = 1_000_000

  async call(...command: [name: string, ...parameters: string[]]): Promise<unknown> {
    this.commands.push(command)
    const answer = this.answer(command)
    if (answer !== undefined) return answer
    if (command[0] === 'INFO') return GOOD_INFO
    return ['done', String(this.now)]
  }

  /** The names of what it was asked. */
  get names(): string[] {
    return this.commands.map(([name]) => name)
  }
}
