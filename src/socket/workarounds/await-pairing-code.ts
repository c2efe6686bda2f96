import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import { withDeadline, withSignal } from '../../async/deadline.js'
import { SessionError } from '../../errors.js'

/** How long WhatsApp may take to answer the request for a code. */
const ANSWER_TIMEOUT_MS = 15_000

/**
 * Asks for a pairing code, and resolves once WhatsApp has taken it. Baileys' own call resolves when the request is sent; a refusal comes
 * later, and nobody is told (7.0.0-rc14 and 6.7.24, `requestPairingCode`): https://github.com/WhiskeySockets/Baileys/issues/2560. Rejects
 * with `PAIRING_CODE_REFUSED` or `PAIRING_CODE_TIMEOUT`, with what Baileys throws, and when the socket ends. One call at a time: Baileys
 * keeps the code in the creds.
 * Delete it once every supported version waits for the answer and rejects with it.
 */
export async function obtainPairingCode(sessionId: string, socket: WASocket, phoneNumber: string, ended: AbortSignal): Promise<string> {
  const answers = new Answers(socket)
  try {
    const code = await withSignal(socket.requestPairingCode(phoneNumber), ended)
    const answer = await withDeadline(
      withSignal(answers.toLatest(), ended),
      ANSWER_TIMEOUT_MS,
      () =>
        new SessionError(
          'PAIRING_CODE_TIMEOUT',
          `WhatsApp did not answer within ${ANSWER_TIMEOUT_MS} ms when session "${sessionId}" requested a pairing code. Request one again, or scan the QR code.`,
          { sessionId },
        ),
    )
    if (answer.attrs['type'] === 'error') throw refused(sessionId, answer)
    return code
  } finally {
    answers.stop()
  }
}

/** The answers to what a socket sends meanwhile: Baileys does not say which id its request has, but it lies between two of ours. */
class Answers {
  readonly #socket: WASocket
  readonly #first: number
  readonly #found: BinaryNode[] = []
  #onFound = (): void => undefined

  constructor(socket: WASocket) {
    this.#socket = socket
    this.#first = numberOf(socket.generateMessageTag())
    socket.ws.on('frame', this.#take)
  }

  /** The answer to what was sent until now. */
  async toLatest(): Promise<BinaryNode> {
    const last = numberOf(this.#socket.generateMessageTag())
    const isOurs = ({ attrs }: BinaryNode): boolean => {
      const number = numberOf(attrs['id'] ?? '')
      return number > this.#first && number < last
    }
    return new Promise((resolve) => {
      this.#onFound = () => {
        const answer = this.#found.find(isOurs)
        if (answer !== undefined) resolve(answer)
      }
      this.#onFound()
    })
  }

  stop(): void {
    this.#socket.ws.off('frame', this.#take)
  }

  readonly #take = (node: BinaryNode): void => {
    if (node.tag !== 'iq' || (node.attrs['type'] !== 'result' && node.attrs['type'] !== 'error')) return
    this.#found.push(node)
    this.#onFound()
  }
}

/** Baileys counts its stanzas: `12345.678-9`. */
function numberOf(id: string): number {
  return Number(/\d+$/u.exec(id)?.[0] ?? Number.NaN)
}

function refused(sessionId: string, answer: BinaryNode): SessionError {
  const error = Array.isArray(answer.content) ? answer.content.find(({ tag }) => tag === 'error') : undefined
  const code = error?.attrs['code'] ?? 'no code'
  const said = [code, error?.attrs['text']].filter((part) => part !== undefined).join(' ')
  const advice =
    code === '429'
      ? 'Wait a while before you request another, or scan the QR code.'
      : 'Check the number, and use a plain "browser" such as Browsers.ubuntu("Chrome"), or scan the QR code.'
  return new SessionError('PAIRING_CODE_REFUSED', `WhatsApp refused a pairing code for session "${sessionId}" (${said}). ${advice}`, { sessionId })
}
