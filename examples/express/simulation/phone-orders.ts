/** What the simulated phones are told to do, in the process of the simulated WhatsApp. */
export type PhoneOrder =
  | { action: 'scan', qr: string, phone: string }
  | { action: 'enter-code', code: string, phone: string }
  | { action: 'unlink', deviceKey: string }
  | { action: 'drop', deviceKey: string }

/** What the process of the simulated WhatsApp is started with. */
export interface SimulationStart {
  /** Where it keeps its state. */
  folder: string
  /** Whether the folder goes with it. */
  isEphemeral: boolean
}

/** An order on its way. */
export interface OrderMessage {
  id: number
  order: PhoneOrder
}

/** What comes back: first where it listens, or why it does not; then an answer to each order. */
export type SimulationMessage =
  | { kind: 'started', url: string, rootPublicKey: string }
  | { kind: 'failed', problem: string }
  | { kind: 'done', id: number }
  | { kind: 'refused', id: number }
