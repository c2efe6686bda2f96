import type { WASocket } from '@whiskeysockets/baileys'

/** How often Baileys asks for a sign of life when nothing else is said (7.0.0-rc14 and 6.7.24, `keepAliveIntervalMs`). */
const DEFAULT_INTERVAL_MS = 30_000

/** An answer may take this long at least. */
const LEAST_INTERVAL_MS = 5000

/** Looks in a row that find nothing. Looks are counted, not time: a process that stood still has heard nothing, and its connection may be fine. */
const MOST_SILENT_LOOKS = 3

/** What the watch depends on. */
export interface SilenceSurroundings {
  /** How often Baileys asks for a sign of life. */
  readonly keepAliveIntervalMs: number | undefined
  /** Aborts when the end of the socket begins. */
  readonly ending: AbortSignal
  /** Told, once, that nothing is heard any more. */
  readonly onSilent: () => void
}

/**
 * Notices that nothing is heard any more. Baileys does by itself, with the clock on the wall (7.0.0-rc14 and 6.7.24,
 * `startKeepAliveRequest`): once that is set back by an hour, a dead connection looks alive for an hour. This is later than Baileys when
 * the clock is right.
 * Delete it once every supported version measures the silence with a clock that cannot be set.
 */
export function watchSilence({ ws }: Pick<WASocket, 'ws'>, { keepAliveIntervalMs = DEFAULT_INTERVAL_MS, ending, onSilent }: SilenceSurroundings): void {
  let silentLooks = 0
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    silentLooks += 1
    if (silentLooks < MOST_SILENT_LOOKS) return
    clearInterval(timer)
    onSilent()
  }
  ws.on('message', () => {
    silentLooks = 0
    if (timer === undefined && !ending.aborted) timer = setInterval(look, Math.max(keepAliveIntervalMs, LEAST_INTERVAL_MS)).unref()
  })
  ending.addEventListener('abort', () => clearInterval(timer), { once: true })
}
