import { SessionError } from '../errors.js'
import { readStoredText } from './envelope.js'

/** Whether a text is an encrypted record: whoever reads one as it is has not got the keys. */
export function needsKeys(text: string | undefined): boolean {
  return text !== undefined && ['sealed', 'newer'].includes(readStoredText(text).kind)
}

/** Records are encrypted, and were read without keys. */
export function missingKeys(sessionId: string): SessionError {
  return new SessionError('WRONG_KEY', `Session "${sessionId}" is encrypted, and its keys are missing. Nothing was changed. Put encrypted() with its keys around the store.`, { sessionId })
}
