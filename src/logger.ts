/**
 * The logger this library writes to: the part of pino that it uses. It is never given credentials, keys or QR codes.
 */
export interface Logger {
  /** The level in force, as pino names it. */
  level: string
  /** A logger that adds `bindings` to its lines. */
  child(bindings: Record<string, unknown>): Logger
  /** Finest detail. */
  trace(details: unknown, message?: string): void
  /** Detail for debugging. */
  debug(details: unknown, message?: string): void
  /** What normally happens. */
  info(details: unknown, message?: string): void
  /** What somebody should look at. */
  warn(details: unknown, message?: string): void
  /** What went wrong. */
  error(details: unknown, message?: string): void
}

/** The part of a logger that the manager writes to, such that one that throws breaks nothing. */
export function guardedLogger(logger: Logger): Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> {
  const guard =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (details: unknown, message?: string): void => {
      try {
        logger[level](details, message)
      } catch {
        // There is nowhere left to tell it.
      }
    }
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') }
}

const ignore = (): void => undefined

/** A logger that logs nothing: the default. */
export function silentLogger(): Logger {
  const logger: Logger = { level: 'silent', child: () => logger, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }
  return logger
}
