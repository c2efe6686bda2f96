/** Sessions that are kept open in this process. */
export interface KnownSessions {
  /** Opens all sessions; resolves when each was tried. */
  open(): Promise<void>
  /** How many are open now. */
  readonly opened: number
  /** How often per second the status of an open session can be asked; `null` where nobody can be asked. */
  statusesPerSecond(): Promise<number | null>
  /** Closes everything. */
  close(): Promise<void>
}

export const sessionIdOf = (index: number): string => `shop-${String(index).padStart(5, '0')}`
