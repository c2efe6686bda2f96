const EMPTY = Buffer.alloc(0)
const HEADER_LENGTH = 4
const ROUTING_PREFIX_LENGTH = 7

/**
 * Cuts the bytes of a websocket into frames. The first bytes are an introduction: optional edge routing data, then a
 * header of four bytes that the Noise handshake mixes in.
 */
export class FrameReader {
  #pending: Buffer = EMPTY
  #header: Buffer | null = null
  #routingInfo: Buffer | null = null

  /** The header of four bytes, once it has come. */
  get header(): Buffer | null {
    return this.#header
  }

  /** The edge routing data that the client sent back, if it had any. */
  get routingInfo(): Buffer | null {
    return this.#routingInfo
  }

  /** Takes more bytes and returns the frames they complete. Throws when the introduction is not WhatsApp's. */
  push(data: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data])
    if (this.#header === null && !this.#readIntroduction()) return []
    const frames: Buffer[] = []
    while (this.#pending.length >= 3) {
      const end = 3 + this.#pending.readUIntBE(0, 3)
      if (this.#pending.length < end) break
      frames.push(Buffer.from(this.#pending.subarray(3, end)))
      this.#pending = this.#pending.subarray(end)
    }
    return frames
  }

  #readIntroduction(): boolean {
    const bytes = this.#pending
    let start = 0
    if (bytes.length >= ROUTING_PREFIX_LENGTH && bytes.toString('latin1', 0, 2) === 'ED') {
      start = ROUTING_PREFIX_LENGTH + bytes.readUIntBE(4, 3)
      if (bytes.length < start + HEADER_LENGTH) return false
      this.#routingInfo = Buffer.from(bytes.subarray(ROUTING_PREFIX_LENGTH, start))
    }
    if (bytes.length < start + HEADER_LENGTH) return false
    const header = Buffer.from(bytes.subarray(start, start + HEADER_LENGTH))
    if (header.toString('latin1', 0, 2) !== 'WA' || header[2] !== 6) throw new Error('the connection does not start with the WhatsApp Web header')
    this.#header = header
    this.#pending = bytes.subarray(start + HEADER_LENGTH)
    return true
  }
}

/** One frame: the length in three bytes, then the data. */
export function toFrame(data: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(3 + data.length)
  frame.writeUIntBE(data.length, 0, 3)
  frame.set(data, 3)
  return frame
}
