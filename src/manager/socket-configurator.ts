import { isThenable } from '../async/safe-emitter.js'
import { silentLogger } from '../logger.js'
import type { DialledSocket, SessionDial } from '../session/session-context.js'
import { type BaileysModule, type DialConfig, dialsWhatsApp } from '../socket/baileys-module.js'
import { isVersion, type VersionQuestion, type VersionSource, wayOf } from '../version/version-source.js'
import { refuseAuth, type SocketConfig, type SocketConfigFunction } from './session-manager-options.js'

/** What sockets are configured by. */
export interface SocketConfiguratorOptions {
  socketConfig: SocketConfig | SocketConfigFunction
  versions: VersionSource
  /** Whether the versions come from the application: then it is asked for every pairing, wherever that goes. */
  hasOwnProvider: boolean
}

/** Makes the configuration of sockets: the application's wishes over this library's defaults. */
export class SocketConfigurator {
  readonly #options: SocketConfiguratorOptions

  constructor(options: SocketConfiguratorOptions) {
    this.#options = options
  }

  /** What the next socket of a session is made with. */
  async configure(sessionId: string, dial: SessionDial): Promise<DialConfig> {
    const { socketConfig, versions } = this.#options
    const { attempt, shared } = dial
    const given = typeof socketConfig === 'function' ? socketConfig(sessionId, { attempt, shared }) : socketConfig
    const wishes = isThenable(given) ? await dial.standAside(Promise.resolve(given), 'The function "socketConfig" did not answer') : given
    refuseAuth(wishes)
    if (dial.isPairing) await this.#renewVersion(wishes, dial)
    const version = wishes.version ?? versions.kept
    // Baileys' own logger writes keys at some levels: it is for the application to switch on.
    return { ...wishes, ...(version === undefined ? {} : { version }), logger: wishes.logger ?? silentLogger() }
  }

  /** Looks for another version after WhatsApp has refused the one of this socket. Never rejects. */
  async replaceVersion({ baileys, config }: DialledSocket): Promise<void> {
    const { hasOwnProvider, versions } = this.#options
    if (hasOwnProvider || goesToWhatsApp(config, baileys)) await versions.refuse(config.version, questionOf(config, baileys))
  }

  async #renewVersion(wishes: SocketConfig, { baileys, standAside }: SessionDial): Promise<void> {
    const { hasOwnProvider, versions } = this.#options
    if (!hasOwnProvider && (wishes.version !== undefined || !goesToWhatsApp(wishes, baileys))) return
    const renewal = versions.renew(questionOf(wishes, baileys))
    if (renewal !== null && wishes.version === undefined) await standAside(renewal)
  }
}

function goesToWhatsApp({ waWebSocketUrl }: SocketConfig, baileys: BaileysModule): boolean {
  return waWebSocketUrl === undefined && dialsWhatsApp(baileys)
}

function questionOf(config: SocketConfig, { DEFAULT_CONNECTION_CONFIG: defaults }: BaileysModule): VersionQuestion {
  const builtIn = defaults?.version
  return { ...wayOf(config), builtIn: isVersion(builtIn) ? builtIn : undefined }
}
