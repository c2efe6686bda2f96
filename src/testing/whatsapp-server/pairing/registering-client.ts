import type { proto } from '@whiskeysockets/baileys'
import type { BaileysParts } from '../baileys-parts.js'
import type { ClientVersion } from './client-version.js'

/** What a client says of itself when it registers. */
export interface RegisteringClient {
  readonly version: ClientVersion
  /** What the phone lists: `CHROME (Mac OS)`. */
  readonly browser: string
  /** Whether it passes for a desktop application, which takes the whole history. */
  readonly isDesktop: boolean
}

/** The version of WhatsApp Web that a client names at every login. */
export function readVersion({ userAgent }: proto.IClientPayload): ClientVersion {
  const { primary, secondary, tertiary } = userAgent?.appVersion ?? {}
  return [primary ?? 0, secondary ?? 0, tertiary ?? 0]
}

/** Reads what a registering client says of itself. */
export function readClient({ proto: { DeviceProps } }: BaileysParts, wish: proto.IClientPayload): RegisteringClient {
  const { os, platformType } = DeviceProps.decode(wish.devicePairingData?.deviceProps ?? Buffer.alloc(0))
  return {
    version: readVersion(wish),
    browser: `${DeviceProps.PlatformType[platformType ?? 0] ?? 'UNKNOWN'} (${os ?? 'unknown'})`,
    // A browser is sub-platform 0, or names none.
    isDesktop: Boolean(wish.webInfo?.webSubPlatform),
  }
}
