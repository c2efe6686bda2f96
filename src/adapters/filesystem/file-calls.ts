import { Buffer } from 'node:buffer'
import * as fs from 'node:fs'

// The calls of a store by bare descriptors: `FileHandle` costs several times what the system call does, and a login makes
// thousands of them.

/** What a first look at a file reads. Most records fit; within Node's pool of buffers. */
const FIRST_READ = 4000

/** A file that has more than this is asked how much. Few have. */
const LOOK_BEYOND = 1024 * 1024

/** Opens a file and gives its descriptor. */
export function openFile(path: string, flags: string | number, mode?: number): Promise<number> {
  return new Promise((resolve, reject) => fs.open(path, flags, mode, (error, file) => error === null ? resolve(file) : reject(error)))
}

/** Closes a descriptor. */
export function closeFile(file: number): Promise<void> {
  return call(done => fs.close(file, done))
}

/** Makes what was written to a descriptor survive the loss of power. */
export function syncFile(file: number): Promise<void> {
  return call(done => fs.fsync(file, done))
}

/** What a descriptor is of. */
export function statFile(file: number): Promise<fs.Stats> {
  return new Promise((resolve, reject) => fs.fstat(file, (error, found) => error === null ? resolve(found) : reject(error)))
}

/** Renames a file, over another one if need be. */
export function renameFile(from: string, to: string): Promise<void> {
  return call(done => fs.rename(from, to, done))
}

/** Removes a file. */
export function unlinkFile(path: string): Promise<void> {
  return call(done => fs.unlink(path, done))
}

/** Writes a whole text to a descriptor. */
export async function writeText(file: number, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  // A disk that fills up takes a part first, and refuses the rest.
  for (let written = 0; written < bytes.length;) written += await writeSome(file, bytes, written)
}

/** Everything in a file from its beginning; `null` when that is more than `maxBytes`. */
export async function readBytes(file: number, maxBytes: number): Promise<Buffer | null> {
  let bytes = Buffer.allocUnsafe(FIRST_READ)
  let length = 0
  for (;;) {
    const count = await readSome(file, bytes, length)
    length += count
    // A file gives less than was asked for only at its end.
    if (length < bytes.length) return bytes.subarray(0, length)
    if (length > maxBytes || (length > LOOK_BEYOND && (await statFile(file)).size > maxBytes)) return null
    bytes = Buffer.concat([bytes], bytes.length * 4)
  }
}

function writeSome(file: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => fs.write(file, bytes, offset, bytes.length - offset, null, (error, count) => error === null ? resolve(count) : reject(error)))
}

function readSome(file: number, bytes: Buffer, offset: number): Promise<number> {
  return new Promise((resolve, reject) => fs.read(file, bytes, offset, bytes.length - offset, offset, (error, count) => error === null ? resolve(count) : reject(error)))
}

function call(work: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work(error => error === null || error === undefined ? resolve() : reject(error))
  })
}
