/** The options of an application. */
export interface Orders {
  /** The folder of the saved sessions. */
  directory: string
  /** Where WhatsApp is. */
  url: string
  /** WhatsApp's signing key, in hex. */
  rootPublicKey: string
  /** The name of the store, as on the command line, of an application that does not use the folder. */
  store?: string
  /** What the application calls itself, in a fleet. */
  name?: string
  /** How many processes of a fleet have to be there before it takes sessions. */
  fleetSize?: number
  /** The sessions of this application. */
  sessionIds: readonly string[]
  /** Link phones, or restore what is saved. */
  task: 'link' | 'restore'
  /** Whether somebody refreshes the status page before anything is restored. */
  isPageRefreshed: boolean
}

/** What an application reports while it runs. */
export type Report =
  | { kind: 'page'; sessionId: string; status: string }
  | { kind: 'status'; sessionId: string; status: string; message: string }
  | { kind: 'qr'; sessionId: string; qr: string }
  | { kind: 'text'; sessionId: string; text: string }
  | { kind: 'progress'; done: number; total: number }
  | { kind: 'done' }
  | { kind: 'problem'; message: string }
