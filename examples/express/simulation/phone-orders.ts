/** Orders for the simulated phones, which the simulated WhatsApp's process carries out. */
export type PhoneOrder =
  | { action: 'scan'; qr: string; phone: string }
  | { action: 'enter-code'; code: string; phone: string }
  | { action: 'unlink'; deviceKey: string }
  | { action: 'drop'; deviceKey: string }

/** The options of the simulated WhatsApp's process. */
export interface SimulationStart {
  /** Where it keeps its state. */
  folder: string
  /** Whether to remove the folder at the end. */
  isEphemeral: boolean
}

/** An order in progress. */
export interface OrderMessage {
  id: number
  order: PhoneOrder
}

/** The answers: first where it listens, or why it does not; then one for each order. */
export type SimulationMessage =
  { kind: 'started'; url: string; rootPublicKey: string } | { kind: 'failed'; problem: string } | { kind: 'done'; id: number } | { kind: 'refused'; id: number }
