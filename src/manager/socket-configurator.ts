import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { silentLogger } from '../logger.js'
import { releaseUploadTimers } from '../socket/upload-timer.js'
import type { VersionSource } from '../socket/version-source.js'
import { refuseAuth, type SocketConfig, type SocketConfigFunction } from './session-manager-options.js'

/** What the next socket of a session is made with: the application's wishes over this library's defaults. */
export async function configureSocket(
  socketConfig: SocketConfig | SocketConfigFunction, versions: VersionSource, sessionId: string, context: { attempt: number; shared: Record<string, unknown> },
): Promise<Omit<UserFacingSocketConfig, 'auth'>> {
  const [wishes, version] = await Promise.all([
    typeof socketConfig === 'function' ? socketConfig(sessionId, context) : socketConfig,
    versions.current(),
  ])
  refuseAuth(wishes)
  // Baileys' own logger writes keys at some levels: it is for the application to switch on.
  const logger = releaseUploadTimers(wishes.logger ?? silentLogger())
  return { ...(version === undefined ? {} : { version }), ...wishes, logger }
}
