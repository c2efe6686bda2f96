import { STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Problem } from './problem.js'

/** Answers requests that are malformed or never finish, which no framework ever sees. For a server's `clientError` event. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  // In the middle of an answer, or after one, the client would read it as part of that answer.
  const isFirstAnswer = socket instanceof Socket && socket.writable && socket.bytesWritten === 0
  if (error.code !== 'ECONNRESET' && isFirstAnswer) socket.write(answerTo(problemFor(error)))
  socket.destroy()
}

function problemFor({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers_too_large', 'The headers are larger than 16 kB.')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'payload_too_large', 'The body is larger than 16 kB.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request_timeout', 'The request took too long to arrive.')
    default:
      return new Problem(400, 'bad_request', 'The request is malformed.')
  }
}

function answerTo({ status, body }: Problem): string {
  const text = JSON.stringify(body)
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(text)}\r\n` +
    `cache-control: no-store\r\nconnection: close\r\n\r\n${text}`
  )
}
