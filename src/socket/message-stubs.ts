/** `proto.WebMessageInfo.StubType.CIPHERTEXT`: what Baileys hands on in place of a message that it could not decrypt. */
const CIPHERTEXT = 2

/**
 * Parameters of a stub that mean something else: the message came without content, for another device to show, or it came twice
 * (Baileys 7.0.0-rc14, `decode-wa-message`).
 */
const NO_FAILURES: readonly unknown[] = ['Message absent from node', 'Key used already or never filled']

/** What a message tells of its decryption. */
export interface DecryptionNews {
  /** The name of the message: the same when it comes again. */
  readonly messageId: string
  readonly isDecrypted: boolean
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Reads a message of `messages.upsert`; `null` when it tells nothing. */
export function readDecryption(message: unknown): DecryptionNews | null {
  const key = isObject(message) ? message['key'] : null
  if (!isObject(message) || !isObject(key) || typeof key['id'] !== 'string') return null
  const messageId = `${String(key['remoteJid'])} ${key['id']}`
  if (message['messageStubType'] !== CIPHERTEXT) return isObject(message['message']) ? { messageId, isDecrypted: true } : null
  const parameters = message['messageStubParameters']
  const problem: unknown = Array.isArray(parameters) ? parameters[0] : undefined
  return NO_FAILURES.includes(problem) ? null : { messageId, isDecrypted: false }
}
