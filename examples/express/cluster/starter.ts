import { once } from 'node:events'

/** Resolves when the process that started this one is gone, also if it went before this was called. Never, if none holds a channel to it. */
export async function starterGone(): Promise<void> {
  if (process.send === undefined) await new Promise(() => undefined)
  else if (process.connected) await once(process, 'disconnect')
}
