import type { Logger } from '../../logger.js'
import type { DialConfig } from '../baileys-module.js'

/** What Baileys logs right before it starts the timer, in the same turn (7.0.0-rc14, `uploadPreKeys`). */
const UPLOAD_MESSAGE = 'uploading pre-keys'

/**
 * Lets a process end in spite of the timer that Baileys gives each upload of pre-keys: 30 s that it never clears, so that after the first
 * login a process that has closed everything would live on for that long (7.0.0-rc14; 6.7.24 has no such timer). The logger notices the
 * start of an upload. Timers that are started in the rest of that turn keep no process
 * alive. Should Baileys word its message differently, nothing happens.
 * Delete it once every supported version clears the timer.
 */
export function releaseUploadTimers({ logger, ...config }: DialConfig): DialConfig {
  return logger === undefined ? config : { ...config, logger: watchUploads(logger) }
}

function watchUploads(logger: Logger): Logger {
  const info = (details: unknown, message?: string): void => {
    logger.info(details, message)
    if (message === UPLOAD_MESSAGE) unrefTimersOfThisTurn()
  }
  // Everything else is the application's logger, also what it has beside the six methods.
  return Object.assign(Object.create(logger) as Logger, { info })
}

/** Replaces the global `setTimeout` until the code that is running now has returned. */
function unrefTimersOfThisTurn(): void {
  const { setTimeout: realSetTimeout } = globalThis
  const unreffing = (...call: Parameters<typeof setTimeout>): NodeJS.Timeout => realSetTimeout(...call).unref()
  globalThis.setTimeout = Object.assign(unreffing, realSetTimeout)
  queueMicrotask(() => {
    // Somebody else may have replaced it meanwhile, as fake timers do.
    if (globalThis.setTimeout === unreffing) globalThis.setTimeout = realSetTimeout
  })
}
