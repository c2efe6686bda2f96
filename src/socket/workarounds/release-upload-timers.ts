import type { Logger } from '../../logger.js'
import type { DialConfig } from '../baileys-module.js'

/** What Baileys logs right before it starts the timer, in the same turn, and how long that runs (7.0.0-rc14, `uploadPreKeys`). */
const UPLOAD_MESSAGE = 'uploading pre-keys'
const UPLOAD_TIMEOUT_MS = 30_000

/**
 * Lets a process end in spite of the timer that Baileys gives each upload of pre-keys: 30 s that it never clears, so that after the first
 * login a process that has closed everything would live on for that long (7.0.0-rc14; 6.7.24 has no such timer). The logger notices the
 * start of an upload. Then the global `setTimeout` is replaced until that timer is made, for the rest of the turn at most. Should
 * Baileys word its message differently, nothing happens.
 * Delete it once every supported version clears the timer.
 */
export function releaseUploadTimers({ logger, ...config }: DialConfig): DialConfig {
  return logger === undefined ? config : { ...config, logger: watchUploads(logger) }
}

/** Calls the logger itself, whatever it is made of: an object that inherits from it would lack its private fields. */
function watchUploads(logger: Logger): Logger {
  return {
    get level() {
      return logger.level
    },
    set level(level) {
      logger.level = level
    },
    child: (bindings) => logger.child(bindings),
    trace: (...line) => logger.trace(...line),
    debug: (...line) => logger.debug(...line),
    info: (...line) => {
      logger.info(...line)
      if (line[1] === UPLOAD_MESSAGE) unrefUploadTimer()
    },
    warn: (...line) => logger.warn(...line),
    error: (...line) => logger.error(...line),
  }
}

function unrefUploadTimer(): void {
  const { setTimeout: realSetTimeout } = globalThis
  const putBack = (): void => {
    // Somebody else may have replaced it meanwhile, as fake timers do.
    if (globalThis.setTimeout === watching) globalThis.setTimeout = realSetTimeout
  }
  const watching = Object.assign((...call: Parameters<typeof setTimeout>): NodeJS.Timeout => {
    const timer = realSetTimeout(...call)
    if (call[1] !== UPLOAD_TIMEOUT_MS) return timer
    putBack()
    return timer.unref()
  }, realSetTimeout)
  globalThis.setTimeout = watching
  queueMicrotask(putBack)
}
