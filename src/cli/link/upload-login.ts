import type { WASocket } from '@whiskeysockets/baileys'

/** Baileys' own listener for a login that WhatsApp has taken. */
const LOGGED_IN = 'CB:success'

/** A stanza, as far as it matters here. */
interface LoggedIn {
  readonly attrs: Readonly<Record<string, string>>
}

/** Whether a socket dials to log in as a linked device; otherwise it dials to be linked. */
export function isLinkedDevice({ authState: { creds } }: Pick<WASocket, 'authState'>): boolean {
  return creds.account !== undefined && creds.me !== undefined
}

/**
 * Lets a login upload the device's pre-keys, and nothing else. WhatsApp hands over what waits for a device when that calls itself active, which Baileys does
 * right after the upload, in one listener (6.7.18 to 7.0.0-rc14, `CB:success`). This takes the place of that listener, so that what waits stays for the
 * application. To be called before the socket can emit anything.
 *
 * Resolves with the name that the account goes by, when WhatsApp tells it, once the keys are uploaded. Rejects when they could not be: the socket is of no use then.
 */
export async function uploadAtLogin(socket: WASocket): Promise<string | null> {
  const { attrs } = await new Promise<LoggedIn>((resolve) => {
    socket.ws.removeAllListeners(LOGGED_IN)
    socket.ws.on(LOGGED_IN, resolve)
  })
  await socket.uploadPreKeysToServerIfRequired()
  // Baileys 7 only logs that it could not upload.
  if (await countAtServer(socket) === 0) throw new Error('WhatsApp has no pre-keys of this device after the upload.')
  const name = attrs['display_name'] ?? socket.authState.creds.me?.name ?? ''
  return name === '' ? null : name
}

async function countAtServer(socket: WASocket): Promise<number> {
  const answer: unknown = await socket.query({ tag: 'iq', attrs: { xmlns: 'encrypt', type: 'get', to: 's.whatsapp.net' }, content: [{ tag: 'count', attrs: {} }] })
  return Number(readCount(answer))
}

/** `<iq><count value="812"/></iq>` */
function readCount(answer: unknown): unknown {
  const content: unknown = typeof answer === 'object' && answer !== null && 'content' in answer ? answer.content : undefined
  const count: unknown = Array.isArray(content) ? content[0] : undefined
  const attrs: unknown = typeof count === 'object' && count !== null && 'attrs' in count ? count.attrs : undefined
  return typeof attrs === 'object' && attrs !== null && 'value' in attrs ? attrs.value : 0
}
