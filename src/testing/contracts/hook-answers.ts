import type { Cleanup } from './cleanup.js'

/** What a hook has answered: a case that needs one runs only where it was given, but it may have answered with nothing. */
export async function answerOf<Answer>(answer: Answer | PromiseLike<Answer> | undefined, hook: string): Promise<Answer> {
  const answered = await answer
  if (answered === undefined) throw new TypeError(`The hook ${hook} of the contract returned nothing.`)
  return answered
}

/** Lets a backend that was cut off be reached again: once, when the function returned is called, or when the case ends. */
export function reconnectLater(connect: () => unknown, cleanup: Cleanup): () => Promise<void> {
  let isConnected = false
  const reconnect = async (): Promise<void> => {
    if (isConnected) return
    isConnected = true
    await connect()
  }
  cleanup.add(reconnect)
  return reconnect
}
