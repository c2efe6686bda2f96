// Upstream: https://github.com/WhiskeySockets/Baileys/issues/888. To be deprecated once the libsignal of every supported version prints no sessions.

/** The console methods that print. */
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

/** A file of libsignal, wherever the package manager put it. */
const LIBSIGNAL_FILE = /[\\/]node_modules[\\/](?:@whiskeysockets[\\/])?libsignal(?:-node)?[\\/]/u

/** On a method of the console that this module has replaced: how to use it once more, and how to stop using it. */
const QUIET = Symbol.for('baileys-sessions.quiet-libsignal')

type Print = (...values: unknown[]) => void

interface QuietPrint extends Print {
  /** Counts one more user; returns what takes that back. */
  [QUIET]: () => () => void
}

const isQuiet = (print: Print): print is QuietPrint => QUIET in print

/**
 * Stops libsignal, inside Baileys, from printing: it prints whole sessions with `console`, private keys included, when one is opened or closed, and
 * heeds no logger (libsignal 6.0.0, `session_record.js`). From now on `console.log`, `info`, `warn`, `error`, `debug` and `trace` drop what is called
 * from a file of libsignal. Everybody else prints as before.
 *
 * This changes the global `console`, so nothing in this library does it unasked, except its command line. It may be called any number of times. Returns what undoes this call:
 * when all calls are undone, the console is as it was. An application that is bundled into one file has no files of libsignal, and nothing is dropped there.
 */
export function quietLibsignal(): () => void {
  const undos = METHODS.map(quietMethod)
  return () => {
    for (const undo of undos) undo()
  }
}

function quietMethod(method: (typeof METHODS)[number]): () => void {
  const console: Record<typeof method, Print> = globalThis.console
  const print = console[method]
  if (isQuiet(print)) return print[QUIET]()
  let users = 0
  const quiet: QuietPrint = Object.assign(
    (...values: unknown[]) => {
      if (users === 0 || !isCalledByLibsignal(quiet)) print(...values)
    },
    {
      [QUIET]: () => {
        users += 1
        let isUndone = false
        return () => {
          if (isUndone) return
          isUndone = true
          users -= 1
          // Where somebody has replaced the method since, this one stays below theirs, and drops nothing.
          if (users === 0 && console[method] === quiet) console[method] = print
        }
      },
    },
  )
  console[method] = quiet
  return quiet[QUIET]()
}

/** Looks at the caller alone: what an application prints while libsignal calls it stays. */
function isCalledByLibsignal(callee: Print): boolean {
  const { stackTraceLimit } = Error
  const here = { stack: '' }
  Error.stackTraceLimit = 1
  Error.captureStackTrace(here, callee)
  Error.stackTraceLimit = stackTraceLimit
  return LIBSIGNAL_FILE.test(here.stack)
}
