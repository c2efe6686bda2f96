import type { WASocket } from '@whiskeysockets/baileys'
import type { BaileysModule, DialConfig } from '../baileys-module.js'
import type { KeyUse } from '../key-use.js'
import { boundClosing } from './bound-closing.js'
import { catchHandlerRejections } from './catch-handler-rejections.js'
import { commitOnce } from './commit-once.js'
import { endWaitingQueries } from './end-waiting-queries.js'
import { flushBufferedEvents } from './flush-buffered-events.js'
import { hearLateErrors } from './hear-late-errors.js'
import { pauseUntilKeysDerived } from './pause-until-keys-derived.js'
import { refusePairingCode } from './refuse-pairing-code.js'
import { releaseUploadTimers } from './release-upload-timers.js'
import { tellRefusedUpgrade } from './tell-refused-upgrade.js'
import { waitForTransactions } from './wait-for-transactions.js'

/** What the workarounds of a socket may depend on; each names what it takes. */
export interface SocketSurroundings {
  readonly baileys: BaileysModule
  readonly keyUse: KeyUse
  /** Aborts when the end of the socket begins. */
  readonly ending: AbortSignal
  /** Aborts once the socket has ended. */
  readonly ended: AbortSignal
  /** Told of what a listener of Baileys rejected with. */
  readonly onHandlerRejected: (cause: unknown) => void
  /** Told when the upgrade is answered with an HTTP status; `null` when there was none. */
  readonly onRefused: (status: number | null) => void
  /** Why the socket gets no pairing code; `null` when it may have one. */
  readonly refusal: () => Error | null
}

/** What is done to the configuration before a socket is made with it. */
const ON_CONFIG: readonly ((config: DialConfig) => DialConfig)[] = [commitOnce, releaseUploadTimers]

/** What is done to a socket before anybody else listens to it, in this order. */
const ON_SOCKET: readonly ((socket: WASocket, surroundings: SocketSurroundings) => void)[] = [
  catchHandlerRejections,
  pauseUntilKeysDerived,
  boundClosing,
  hearLateErrors,
  endWaitingQueries,
  flushBufferedEvents,
  refusePairingCode,
  tellRefusedUpgrade,
]

/** What is waited for before a socket is ended that takes nothing in any more; until `isOver` says that nobody waits. */
const BEFORE_END: readonly ((socket: WASocket, isOver: () => boolean) => Promise<void>)[] = [waitForTransactions]

/** The configuration that a socket is made with. */
export function amendConfig(config: DialConfig): DialConfig {
  return ON_CONFIG.reduce((amended, amend) => amend(amended), config)
}

/** Works around what is wrong with a socket of Baileys, from the moment it is made. */
export function amendSocket(socket: WASocket, surroundings: SocketSurroundings): void {
  for (const amend of ON_SOCKET) amend(socket, surroundings)
}

/** Waits until a socket may be ended. */
export async function beforeEnd(socket: WASocket, isOver: () => boolean): Promise<void> {
  for (const wait of BEFORE_END) await wait(socket, isOver)
}
