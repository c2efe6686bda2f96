import type { FakeSocket } from '../../src/testing/fake-socket.js'
import type { RecordChange, SessionManagerEvents } from '../../src/index.js'
import type { Call } from './history.js'

/** A call to a manager. */
export interface VerbCall {
  readonly manager: string
  /** `null`: of all sessions. */
  readonly sessionId: string | null
  readonly call: Call
  /** Calls are counted from 0. */
  readonly order: number
  readonly calledAtMs: number
  outcome: 'pending' | 'resolved' | 'rejected'
  /** What it settled with. */
  value: unknown
}

/** A call to the store or its lock. */
export interface StoreCall {
  readonly manager: string
  /** `null`: of all sessions. */
  readonly sessionId: string | null
  readonly verb: 'list' | 'records' | 'read' | 'write' | 'delete' | 'acquire' | 'owner' | 'release'
  readonly changes: readonly RecordChange[]
  /** Whether the credentials are read: a look at the session, not Baileys at work. */
  readonly isLook: boolean
  readonly fencingToken: number | undefined
  readonly issuedAtMs: number
  /** Whether nobody waits for it any more: its deadline has passed, or its failure was told. */
  isAnswered: boolean
}

/** The records of a session, by `type/id`. */
export type Records = ReadonlyMap<string, string>

/** A change of what is stored. */
export interface Landing {
  readonly call: StoreCall
  readonly before: Records
  readonly after: Records
}

/** A socket, and whose it is. */
export interface SimulatedSocket {
  readonly manager: string
  readonly sessionId: string
  /** Sockets are counted from 0. */
  readonly number: number
  readonly fake: FakeSocket
  readonly dialledAtMs: number
  /** The token of the lease that its manager held when it was made. */
  readonly fencingToken: number | null
  /** When its lease was taken away, if it was. */
  leaseLostAtMs: number | null
  /** Whether the server has said anything to it. */
  isAnswered: boolean
  /** Messages that arrived, and those that the application was given. */
  readonly arrived: string[]
  readonly delivered: string[]
}

type EventName = keyof SessionManagerEvents

/** An event of a manager. */
export type Told = { [Name in EventName]: { readonly manager: string; readonly name: Name; readonly event: SessionManagerEvents[Name][0] } }[EventName]

/** Watches one or more of the invariants. Everything is told in the moment in which it happens. */
export interface Observer {
  /** A verb is about to be called. */
  called?(call: VerbCall): void
  /** A verb has settled. */
  settled?(call: VerbCall): void
  /** The manager asks the store or its lock. */
  issued?(call: StoreCall): void
  /** A read was answered. */
  readBack?(call: StoreCall, creds: string | undefined, lifecycle: string | undefined): void
  /** Something stored has changed. */
  landed?(landing: Landing): void
  /** The repository is asked to change a record. */
  recorded?(manager: string, sessionId: string): void
  /** The dial of a session may begin: its `socketConfig` is asked for. */
  admitted?(manager: string, sessionId: string): void
  /** `makeWASocket` is called. */
  dialled?(socket: SimulatedSocket): void
  /** Something happened to a socket: the server, or the network. */
  signalled?(socket: SimulatedSocket): void
  /** Baileys was given a number of the ratchet: what it will count on from. */
  ratchetRead?(socket: SimulatedSocket, value: number): void
  /** Baileys was told that a number of the ratchet is stored. */
  ratchetTurned?(socket: SimulatedSocket, value: number): void
  /** A manager told an event. */
  told?(told: Told): void
  /** A manager logged something. */
  logged?(manager: string, line: readonly unknown[]): void
  /** A lease was taken away. */
  torn?(manager: string, sessionId: string, how: 'taken' | 'expired'): void
  /** A process that is not ours has taken a lock. */
  occupied?(sessionId: string): void
  /** All that is stored of a session is about to be removed, past the library. */
  wiped?(sessionId: string): void
  /** A backend has got another mood; `null`: for all sessions. */
  moodChanged?(sessionId: string | null): void
  /** A step is over, and everything that waits for nothing but its turn has happened. */
  stepped?(): void
  /** All faults are over, and half an hour has passed. */
  healed?(): void
  /** Every manager was closed, and two minutes have passed. */
  ended?(): void
}
