import { join } from 'node:path'
import { PacedWork } from '../../async/paced-work.js'
import { errorCode } from '../../errors.js'
import type { LeaseKey } from '../../lease/lease-key.js'
import { makeFolder, removeFile, replaceFile } from './disk.js'
import { nameOf } from './heartbeat-files.js'
import { formatMember, type MemberLock } from './member-record.js'

/** How long to wait between two writes: however much changes, the disk has ten to do a second. */
const PAUSE_MS = 100
/** For how long it is told that a lock was given back. */
const TELL_ENDED_MS = 10 * 60_000

/** Who a member is. */
export interface MemberName {
  readonly nonce: string
  /** The text of its holder. */
  readonly text: string
}

/**
 * The one file in which a process keeps what it announces and notes, beside its locks. It is there from the first announcement or note
 * until the process holds nothing and is no member. Its locks are remembered before that, too, so that they are in it at once.
 */
export class MemberFile {
  readonly #folder: string
  readonly #locks = new Map<string, MemberLock>()
  readonly #writes = new PacedWork(() => this.#write(), PAUSE_MS)
  #name: MemberName | null = null
  #entered: string | null = null
  /** Whether there is a file, or will be in a moment. */
  #isKept = false
  /** Whether there ever was: then somebody may know of locks that were in it. */
  #wasKept = false
  #isDirty = false
  /** Counts the changes, also while there is no file: nobody who has seen an older one is to miss any. */
  #revision = 0

  /** Takes the folder of these files, which need not be there. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whether it is a member. */
  get hasEntered(): boolean {
    return this.#entered !== null
  }

  /** Enters, or replaces the text. */
  async enter(name: MemberName, text: string): Promise<void> {
    const before = this.#entered
    this.#entered = text
    try {
      // Whoever was asked to drain and did, was another member.
      if (before === null) await removeFile(drainPath(this.#folder, name.nonce))
      await this.keep(name)
    } catch (error) {
      this.#entered = before
      throw error
    }
  }

  /** Is a member no more. The file stays for the locks that it holds. */
  async leave(nonce: string, isLast: boolean): Promise<void> {
    const before = this.#entered
    this.#entered = null
    try {
      await removeFile(drainPath(this.#folder, nonce))
      if (isLast) await this.remove(nonce)
      else if (this.#isKept) await this.#change()
    } catch (error) {
      this.#entered = before
      throw error
    }
  }

  /** A lock was taken. */
  took(sessionId: string, token: number): void {
    this.#put(sessionId, { token, note: null, endedAt: null })
  }

  /** The lease of a token was given back. */
  gaveBack(sessionId: string, token: number): void {
    if (this.#locks.get(sessionId)?.token === token) this.#end(sessionId, token)
  }

  /** Somebody has seen a token: an older one of this process was lost. */
  saw(sessionId: string, newestToken: number): void {
    const lock = this.#locks.get(sessionId)
    if (lock?.endedAt === null && lock.token < newestToken) this.#end(sessionId, lock.token)
  }

  /** Notes a text beside a lock, to be kept. Tells whether that lease is held here. */
  note({ sessionId, token }: LeaseKey, note: string): boolean {
    const lock = this.#locks.get(sessionId)
    if (lock?.token !== token || lock.endedAt !== null) return false
    this.#set(sessionId, { token, note, endedAt: null })
    return true
  }

  /** Resolves when all of it is in the file. */
  async keep(name: MemberName): Promise<void> {
    this.#name = name
    this.#isKept = true
    this.#wasKept = true
    await this.#change()
  }

  /** Removes the file, once nothing is held. */
  async remove(nonce: string): Promise<void> {
    if (!this.#isKept) return
    this.#isKept = false
    await this.#writes.settled()
    try {
      await removeFile(memberPath(this.#folder, nonce))
    } catch (error) {
      this.#isKept = true
      throw error
    }
  }

  /** Writes what a disk that failed did not take. */
  async writeAgain(): Promise<void> {
    if (this.#isDirty) await this.#writes.run()
  }

  #end(sessionId: string, token: number): void {
    if (this.#wasKept) this.#put(sessionId, { token, note: null, endedAt: Date.now() })
    else this.#locks.delete(sessionId)
  }

  #put(sessionId: string, lock: Omit<MemberLock, 'revision'>): void {
    this.#set(sessionId, lock)
    // Who takes a lock does not wait for others to be told; what fails is written with the next change or beat.
    if (this.#isKept) this.#change().catch(() => undefined)
  }

  #set(sessionId: string, lock: Omit<MemberLock, 'revision'>): void {
    this.#revision += 1
    this.#locks.set(sessionId, { ...lock, revision: this.#revision })
  }

  async #change(): Promise<void> {
    this.#isDirty = true
    await this.#writes.run()
  }

  async #write(): Promise<void> {
    if (!this.#isKept || this.#name === null) return
    this.#forgetEnded()
    const { nonce, text } = this.#name
    this.#isDirty = false
    try {
      const record = { holder: text, entered: this.#entered, revision: this.#revision, locks: this.#locks }
      await this.#replace(memberPath(this.#folder, nonce), formatMember(record))
    } catch (error) {
      this.#isDirty = true
      throw error
    }
  }

  async #replace(path: string, text: string): Promise<void> {
    try {
      await replaceFile(path, text, { isDurable: false })
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      await makeFolder(this.#folder)
      await replaceFile(path, text, { isDurable: false })
    }
  }

  #forgetEnded(): void {
    const before = Date.now() - TELL_ENDED_MS
    for (const [sessionId, { endedAt }] of this.#locks) if (endedAt !== null && endedAt < before) this.#locks.delete(sessionId)
  }
}

/** Where a member's file is. */
export function memberPath(folder: string, nonce: string): string {
  return join(folder, nameOf(nonce))
}

/** Where it says that a member was asked to drain. */
export function drainPath(folder: string, nonce: string): string {
  return `${memberPath(folder, nonce)}.drain`
}
