import type { Observer } from '../observer.js'
import type { World } from '../world/world.js'
import { KeptCredentials, NewIdentities } from './credentials.js'
import { DurableConnections } from './durable-connections.js'
import { FlushedMessages } from './flushed-messages.js'
import { KeptSecrets } from './kept-secrets.js'
import { LimitedDials } from './limited-dials.js'
import { MissingCredentials } from './missing-credentials.js'
import { ModestStatus } from './modest-status.js'
import { NothingLeft } from './nothing-left.js'
import { NoFalseOwner } from './no-false-owner.js'
import { OneSocket } from './one-socket.js'
import { Patience } from './patience.js'
import { PatientBackOff } from './patient-back-off.js'
import { PlainIds } from './plain-ids.js'
import { QuietEnds } from './quiet-ends.js'
import { SettledPromises } from './settled-promises.js'
import { TrueStatus } from './true-status.js'
import { WholeWrites } from './whole-writes.js'

/** Whoever watches over a world. */
export function watchInvariants(world: World): Observer[] {
  const watchers = [
    OneSocket,
    KeptCredentials,
    NewIdentities,
    QuietEnds,
    DurableConnections,
    WholeWrites,
    Patience,
    ModestStatus,
    SettledPromises,
    LimitedDials,
    PatientBackOff,
    FlushedMessages,
    KeptSecrets,
    PlainIds,
    TrueStatus,
    MissingCredentials,
    NoFalseOwner,
    NothingLeft,
  ]
  return watchers.map((Watcher) => new Watcher(world))
}
