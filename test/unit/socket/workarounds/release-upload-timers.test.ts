import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Logger } from '../../../../src/logger.js'
import { silentLogger } from '../../../../src/logger.js'
import { releaseUploadTimers } from '../../../../src/socket/workarounds/release-upload-timers.js'

const UPLOAD = 'uploading pre-keys'
const timers: NodeJS.Timeout[] = []
const start = (delayMs = 30_000): NodeJS.Timeout => {
  const timer = setTimeout(() => undefined, delayMs)
  timers.push(timer)
  return timer
}

/** The logger that Baileys is given for this one. */
function loggerOf(logger: Logger): Logger {
  const { logger: watching } = releaseUploadTimers({ logger })
  if (watching === undefined) throw new Error('the logger is gone')
  return watching
}

afterEach(() => {
  for (const timer of timers.splice(0)) clearTimeout(timer)
})

describe('releaseUploadTimers', () => {
  it('lets a process end in spite of the timer of an upload, and of no other', async () => {
    const logger = loggerOf(silentLogger())
    const before = start()
    logger.info({ count: 812 }, UPLOAD)
    const [shorter, upload, next] = [start(1000), start(), start()]
    await Promise.resolve()
    expect([before, shorter, upload, next, start()].map((timer) => timer.hasRef())).toEqual([true, true, false, true, true])
  })

  it('replaces setTimeout until the timer of the upload is made, and no longer', () => {
    const real = globalThis.setTimeout
    loggerOf(silentLogger()).info({}, UPLOAD)
    expect(globalThis.setTimeout).not.toBe(real)
    start()
    expect(globalThis.setTimeout).toBe(real)
  })

  it('puts setTimeout back after the turn, with all that belongs to it, when no such timer is made', async () => {
    const real = globalThis.setTimeout
    const logger = loggerOf(silentLogger())
    logger.info({}, UPLOAD)
    expect(Object.getOwnPropertySymbols(globalThis.setTimeout)).toEqual(Object.getOwnPropertySymbols(real))
    await Promise.resolve()
    expect(globalThis.setTimeout).toBe(real)
  })

  it('leaves timers alone for every other message', () => {
    const logger = loggerOf(silentLogger())
    logger.info({}, 'connected')
    logger.debug({}, UPLOAD)
    expect(start().hasRef()).toBe(true)
  })

  it('does not undo what somebody else has put in its place', async () => {
    const real = globalThis.setTimeout
    const logger = loggerOf(silentLogger())
    logger.info({}, UPLOAD)
    vi.useFakeTimers()
    const fake = globalThis.setTimeout
    await Promise.resolve()
    expect(globalThis.setTimeout).toBe(fake)
    vi.useRealTimers()
    globalThis.setTimeout = real
  })

  it('writes through to the logger of the application, whatever that is made of', () => {
    const lines: unknown[] = []
    class Pino {
      level = 'info'
      readonly #secret = 'own member'
      info(...line: unknown[]): void {
        lines.push([this.#secret, ...line])
      }
      child(bindings: Record<string, unknown>): Logger {
        return { ...silentLogger(), level: String(bindings['level']) }
      }
      trace(...line: unknown[]): void {
        lines.push(line)
      }
      debug(): void {
        return
      }
      warn(): void {
        return
      }
      error(): void {
        return
      }
    }
    const pino = new Pino()
    const logger = loggerOf(pino)
    logger.info({ a: 1 }, 'hello')
    logger.trace({ b: 2 }, 'detail')
    expect(lines).toEqual([
      ['own member', { a: 1 }, 'hello'],
      [{ b: 2 }, 'detail'],
    ])
    expect(logger.level).toBe('info')
    logger.level = 'warn'
    expect(pino.level).toBe('warn')
    expect(logger.child({ level: 'debug' }).level).toBe('debug')
  })
})
