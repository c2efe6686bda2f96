import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'

/** How often Baileys asks for a sign of life (7.0.0-rc14 and 6.7.24, `keepAliveIntervalMs`). */
const DEFAULT_INTERVAL_MS = 30_000

/** An answer may take this long at least. */
const LEAST_INTERVAL_MS = 5000

const LOOKS_PER_INTERVAL = 3

/**
 * Looks in a row that find nothing, before something is done. Looks are counted, not time: a process that stood still has heard nothing, and
 * its connection may be fine.
 */
const SILENT_LOOKS = Object.freeze({
  /** A whole interval: Baileys has asked, and has had no answer. */
  ask: LOOKS_PER_INTERVAL + 1,
  doubt: LOOKS_PER_INTERVAL + 2,
  giveUp: 3 * LOOKS_PER_INTERVAL,
})

/** What the watch depends on. */
export interface SilenceSurroundings {
  /** How often Baileys asks for a sign of life. */
  readonly keepAliveIntervalMs: number | undefined
  /** Aborts when the end of the socket begins. */
  readonly ending: AbortSignal
  /** Told when nothing was heard for longer than it should take, and when something is heard again. */
  readonly onDoubt: (isSilent: boolean) => void
  /** Told, once, that nothing is heard any more. */
  readonly onSilent: () => void
}

/**
 * Notices that nothing is heard any more: asks, tells of its doubt, and gives up at last. Baileys gives up by itself, one to two intervals after the last sign of life and
 * without a word before. It goes by the clock on the wall (7.0.0-rc14 and 6.7.24, `startKeepAliveRequest`): once that is set back by an hour,
 * a dead connection looks alive for an hour. Giving up here is later than Baileys when the clock is right.
 */
export function watchSilence(socket: Pick<WASocket, 'ws' | 'sendNode' | 'generateMessageTag'>, surroundings: SilenceSurroundings): void {
  const { keepAliveIntervalMs = DEFAULT_INTERVAL_MS, ending, onDoubt, onSilent } = surroundings
  const lookMs = Math.max(keepAliveIntervalMs, LEAST_INTERVAL_MS) / LOOKS_PER_INTERVAL
  let silentLooks = 0
  let timer: NodeJS.Timeout | undefined
  const look = (): void => {
    silentLooks += 1
    if (silentLooks === SILENT_LOOKS.ask) socket.sendNode(ping(socket.generateMessageTag())).catch(() => undefined)
    if (silentLooks === SILENT_LOOKS.doubt) onDoubt(true)
    if (silentLooks < SILENT_LOOKS.giveUp) return
    clearInterval(timer)
    onSilent()
  }
  socket.ws.on('message', () => {
    const wasInDoubt = silentLooks >= SILENT_LOOKS.doubt
    silentLooks = 0
    if (ending.aborted) return
    if (wasInDoubt) onDoubt(false)
    timer ??= setInterval(look, lookMs).unref()
  })
  ending.addEventListener('abort', () => clearInterval(timer), { once: true })
}

function ping(id: string): BinaryNode {
  return { tag: 'iq', attrs: { id, to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' }, content: [{ tag: 'ping', attrs: {} }] }
}
