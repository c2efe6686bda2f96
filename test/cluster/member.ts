import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { SessionManager } from '../../src/index.js'
import type { Claims, MemberCall, MemberEvent, MemberMessage, MemberOptions, Usage } from './member-protocol.js'

/** What can be called of the manager over there. */
type Method = 'restoreAll' | 'drain' | 'close' | 'getStatus' | 'getStatuses' | 'members'

/** A process of a cluster. */
export class Member implements AsyncDisposable {
  /** What happened there so far, in order. */
  readonly events: MemberEvent[] = []
  /** The sessions that have an open socket there. */
  readonly open: Set<string> = new Set()
  readonly #child: ChildProcess
  readonly #calls = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  readonly #onEvent: () => void
  #ids = 0
  #endedAt = Infinity

  private constructor(script: string, options: MemberOptions, onEvent: () => void) {
    this.#onEvent = onEvent
    this.#child = fork(script, [JSON.stringify(options)], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    this.#child.once('exit', () => {
      process.off('exit', this.#leaveNothing)
      this.#endedAt = Math.min(this.#endedAt, Date.now())
      this.open.clear()
      for (const { reject } of this.#calls.values()) reject(new Error('The process has ended.'))
      this.#calls.clear()
    })
  }

  /** Starts one, and waits until it has made its manager. `onEvent` is told whenever something happened there. */
  static async start(script: string, options: MemberOptions, onEvent: () => void): Promise<Member> {
    const member = new Member(script, options, onEvent)
    await new Promise<void>((resolve, reject) => {
      member.#child.once('exit', () => reject(new Error('The process ended at its start.')))
      member.#child.on('message', (message: MemberMessage) => {
        if ('id' in message) member.#settle(message)
        else if (message.kind === 'ready') resolve()
        else member.#add(message)
      })
    })
    return member
  }

  /** When it ended; `Infinity` while it lives. */
  get endedAt(): number {
    return this.#endedAt
  }

  /** Calls a method of its manager. */
  async call<Name extends Method>(method: Name, ...args: Parameters<SessionManager[Name]>): Promise<Awaited<ReturnType<SessionManager[Name]>>> {
    // The method's own type says what comes back.
    return (await this.#call(method, args)) as Awaited<ReturnType<SessionManager[Name]>>
  }

  /** How often it asked for a lock so far. */
  async claims(): Promise<Claims> {
    // The child answers with nothing else.
    return (await this.#call('claims', [])) as Claims
  }

  /** What it has used so far. */
  async usage(): Promise<Usage> {
    // The child answers with nothing else.
    return (await this.#call('usage', [])) as Usage
  }

  /** How many bytes it has on its heap, garbage collected. */
  async heapBytes(): Promise<number> {
    return Number(await this.#call('heapBytes', []))
  }

  /** Lets it write under a lease that it had. Resolves with the code of the refusal, or `'written'`. */
  async writeLate(sessionId: string): Promise<string> {
    return String(await this.#call('writeLate', [sessionId]))
  }

  /** Stops it where it is. */
  pause(): void {
    process.once('exit', this.#leaveNothing)
    this.#child.kill('SIGSTOP')
  }

  /** Lets it go on. */
  goOn(): void {
    process.off('exit', this.#leaveNothing)
    this.#child.kill('SIGCONT')
  }

  /** Kills it with SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#endedAt = Date.now()
    this.#child.kill('SIGKILL')
    await gone
  }

  /** Closes its manager, and ends it. Resolves with what the manager says of its sessions. */
  async close(): Promise<Awaited<ReturnType<SessionManager['close']>>> {
    const report = await this.call('close')
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
    return report
  }

  /** As {@link kill}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  /** For a test run that is broken off: one that is stopped does not see that. */
  readonly #leaveNothing = (): void => void this.#child.kill('SIGKILL')

  async #call(method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.#ids
      this.#calls.set(id, { resolve, reject })
      const call: MemberCall = { id, method, args }
      this.#child.send(call, (error) => {
        if (error !== null) reject(error)
      })
    })
  }

  #add(event: MemberEvent): void {
    this.events.push(event)
    if (event.kind === 'open') this.open.add(event.sessionId)
    if (event.kind === 'closed') this.open.delete(event.sessionId)
    this.#onEvent()
  }

  #settle({ id, result, error }: Extract<MemberMessage, { id: number }>): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  }
}
