import type { WAVersion } from '@whiskeysockets/baileys'
import { isVersion } from './version-number.js'

// The character behind the last digit is asked for: a text that was cut off may end in half a number.
const CLIENT_REVISION = /client_revision\\?"\s*:\s*(\d{1,10})\D/u
const VERSION_LIST = /\bversion"?\s*(?::\s*\w+\s*)?[:=]\s*\[\s*(\d{1,10})\s*,\s*(\d{1,10})\s*,\s*(\d{1,10})\s*\]/u

/** The version of WhatsApp Web in the text of its service worker: `client_revision` is its last part (Baileys 7.0.0-rc14, `fetchLatestWaWebVersion`). */
export function readServiceWorker(text: string): WAVersion | null {
  const revision = Number(CLIENT_REVISION.exec(text)?.[1] ?? 0)
  return revision === 0 ? null : checked([2, 3000, revision])
}

/** The version that the source of Baileys names: `const version = [2, 3000, 1]` (7.0.0-rc14), or `"version": [2, 3000, 1]` (6.7.24). */
export function readBaileysSource(text: string): WAVersion | null {
  const parts = VERSION_LIST.exec(text)?.slice(1).map(Number) ?? []
  return checked(parts)
}

function checked(version: number[]): WAVersion | null {
  return isVersion(version) ? version : null
}
