import { isSessionError } from '../../src/errors.js'

/** What came of a call: `done`, or the code and the message of its error. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    return isSessionError(error) ? `${error.code}: ${error.message}` : String(error)
  }
}
