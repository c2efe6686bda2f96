import { never } from './deferred.js'
import type { Scenario } from './scenario.js'
import type { StoreVerb } from './watched-session-store.js'

/** From now on these calls of session `s` hang, those already made too; returns how to end that. */
export function hang(made: Scenario, ...verbs: StoreVerb[]): () => void {
  made.store.before = ({ verb, sessionId }) => (sessionId === 's' && verbs.includes(verb) ? never() : undefined)
  return () => {
    made.store.before = () => undefined
  }
}

/** From now on these calls of session `s` fail; returns how to end that. */
export function failWith(made: Scenario, message: string, ...verbs: StoreVerb[]): () => void {
  made.store.before = ({ verb, sessionId }) => {
    if (sessionId === 's' && verbs.includes(verb)) throw new Error(message)
  }
  return () => {
    made.store.before = () => undefined
  }
}
