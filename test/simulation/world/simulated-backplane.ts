import type { Observer } from '../observer.js'
import type { Dice } from './dice.js'
import { chooseFate, type Mood } from './fate.js'
import type { VirtualTime } from './virtual-time.js'

/** What can be in a mood. */
export type Backend = 'store' | 'lock' | 'repository'

/** A call that may meet any fate. */
export interface BackendCall<Result> {
  readonly of: Backend
  /** `null`: of all sessions. */
  readonly sessionId: string | null
  readonly verb: string
  readonly work: () => Result | Promise<Result>
  /** Makes the error of a backend that cannot be reached. */
  readonly unavailable: () => Error
}

type Message = { [Name in keyof Observer]-?: NonNullable<Observer[Name]> }

/** What lies between a manager and its backends: time, luck, moods; and whoever watches is told of everything here. */
export class SimulatedBackplane {
  readonly time: VirtualTime
  readonly dice: Dice
  readonly observers: Observer[] = []
  /** How many calls have not been answered yet: each may keep a deadline. */
  unanswered = 0
  readonly #moods = new Map<string, Mood>()

  constructor(time: VirtualTime, dice: Dice) {
    this.time = time
    this.dice = dice
  }

  /** Tells every observer. */
  tell<Name extends keyof Observer>(name: Name, ...details: Parameters<Message[Name]>): void {
    for (const observer of this.observers) {
      // TypeScript does not follow that a name and its details belong together.
      const listen = observer[name] as ((...told: Parameters<Message[Name]>) => void) | undefined
      listen?.apply(observer, details)
    }
  }

  /** Changes how a backend treats one session, or all of them. */
  changeMood(of: Backend, sessionId: string | null, mood: Mood): void {
    if (sessionId === null) for (const name of this.#moods.keys()) if (name.startsWith(`${of} `)) this.#moods.delete(name)
    this.#moods.set(moodName(of, sessionId), mood)
    this.tell('moodChanged', sessionId)
  }

  /** Every backend is well again. */
  heal(): void {
    this.#moods.clear()
  }

  /** Lets a call meet its fate. */
  carryOut<Result>({ of, sessionId, verb, unavailable, work }: BackendCall<Result>): Promise<Result> {
    const mood = this.#moods.get(moodName(of, sessionId)) ?? this.#moods.get(moodName(of, null)) ?? 'healthy'
    const fate = chooseFate(mood, this.dice, `${of} ${verb} ${sessionId ?? ''}`)
    this.unanswered += 1
    const answer = new Promise<Result>((resolve, reject) => {
      if (fate.kind === 'hangs') return
      this.#after(fate.delayMs, () => {
        try {
          // A lock that is taken for nobody would be held for ever; a real backend lets such a lease run out.
          const isDropped = verb === 'acquire' && fate.kind !== 'done'
          if (isDropped || (fate.kind === 'failed' && !fate.isCarriedOut)) throw unavailable()
          const result = work()
          if (fate.kind === 'failed') throw unavailable()
          if (fate.kind === 'done') resolve(result)
        } catch (error) {
          if (fate.kind !== 'unanswered') reject(error instanceof Error ? error : unavailable())
        }
      })
    })
    const note = (): void => {
      this.unanswered -= 1
    }
    answer.then(note, note)
    return answer
  }

  #after(delayMs: number, work: () => void): void {
    // A backend is never asked and answered in one turn.
    if (delayMs === 0) queueMicrotask(work)
    else this.time.later(delayMs, work)
  }
}

function moodName(of: Backend, sessionId: string | null): string {
  return `${of} ${sessionId === null ? '*' : `of ${sessionId}`}`
}
