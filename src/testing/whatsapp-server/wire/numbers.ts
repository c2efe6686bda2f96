/** A big-endian unsigned integer of at most six bytes. */
export function readUnsigned(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

/** The big-endian bytes of an unsigned integer. */
export function writeUnsigned(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  bytes.writeUIntBE(value, 0, length)
  return bytes
}
