import type { Violation } from '../world/world.js'

/** The code with one thing broken on purpose. */
export interface Mutant {
  /** The invariant that the simulation must find broken. */
  readonly invariant: Violation['invariant']
  /** What is broken, as a sentence about the code. */
  readonly what: string
  /** The file, below `src`. */
  readonly file: string
  /** Text that the file holds once, and what takes its place. */
  readonly replace: readonly [text: string, by: string]
}

/** At least one for each invariant that a simulation without disk and network can watch. */
export const MUTANTS: readonly Mutant[] = [
  {
    invariant: 1,
    what: 'a session is loaded again while its old socket still ends',
    file: 'session/session-loading.ts',
    replace: ['    inBackground(async () => {', '    void (async (work: () => Promise<void>) => work())(async () => {'],
  },
  {
    invariant: 1,
    what: 'a lease that is lost does not close the socket',
    file: 'session/lease-holder.ts',
    replace: ['        this.#options.onLost(expired)\n', ''],
  },
  {
    invariant: 1,
    what: 'a lease that ran out does not close the socket',
    file: 'session/session.ts',
    replace: ['this.#socket.endLease(expired)', 'undefined'],
  },
  {
    invariant: 2,
    what: 'stop deletes what is stored',
    file: 'session/session-ending.ts',
    replace: ['this.#showWhatStays(end, await storage.rememberStopped())', 'await storage.delete(() => Promise.resolve())'],
  },
  {
    invariant: 2,
    what: 'a new pairing leaves the old records beside its own',
    file: 'auth/auth-state.ts',
    replace: ['this.#queue.write(this.#unsavedPairing, true)', 'this.#queue.write(this.#unsavedPairing, false)'],
  },
  {
    invariant: 3,
    what: 'a store that cannot be asked counts as empty',
    file: 'session/start-decision.ts',
    replace: ["return { action: 'probe' }", "return { action: request.purpose === 'connect' ? 'pair' : 'probe' }"],
  },
  { invariant: 3, what: 'credentials are stored before they are paired', file: 'auth/auth-state.ts', replace: ['if (!this.paired) return\n', ''] },
  {
    invariant: 3,
    what: 'a session whose credentials vanish goes on as it was asked for once',
    file: 'session/session-machine.ts',
    replace: ["if (run.paired !== true || run.request.purpose === 'unlink') return run.request", 'if (run.paired !== null) return run.request'],
  },
  {
    invariant: 4,
    what: 'a generation that was closed keeps its socket',
    file: 'socket/generation.ts',
    replace: ['if (socket !== null) await this.#endSocket(socket)', ''],
  },
  { invariant: 4, what: 'a generation that was drained may still write', file: 'socket/generation.ts', replace: ['      this.#options.auth.seal()\n', ''] },
  { invariant: 4, what: 'a timer outlives the phase that it was set in', file: 'session/session.ts', replace: ['      this.#timer.clear()\n', ''] },
  { invariant: 4, what: 'the repository is still told after close', file: 'manager/manager-parts.ts', replace: ['    follower.abandon()\n', ''] },
  {
    invariant: 5,
    what: 'an open socket counts as durable at once',
    file: 'session/socket-slot.ts',
    replace: ['await generation.auth.flushed()', 'await Promise.resolve()'],
  },
  {
    invariant: 5,
    what: 'the next generation does not wait for the writes of the last one',
    file: 'socket/generation.ts',
    replace: ['await auth.flushed()\n    }', '}'],
  },
  {
    invariant: 6,
    what: 'a batch is written record by record',
    file: 'auth/write-queue.ts',
    replace: [
      '() => this.#writeOnce(changes, job.replaceAll)',
      'async () => { for (const change of changes) await this.#writeOnce([change], job.replaceAll) }',
    ],
  },
  {
    invariant: 6,
    what: 'keys are acknowledged before they are stored',
    file: 'auth/auth-state.ts',
    replace: ['      await this.#queue.write(changes)\n', '      void this.#queue.write(changes).catch(() => undefined)\n'],
  },
  {
    invariant: 7,
    what: 'a call to the store has no deadline',
    file: 'async/deadline.ts',
    replace: ['timer = setTimeout(() => reject(onDeadline()), timeoutMs)', 'reject satisfies unknown'],
  },
  {
    invariant: 7,
    what: 'nobody is told that the store could not be asked',
    file: 'session/session-loading.ts',
    replace: ["if (outcome.kind === 'failed') return announce.error(outcome.error)", "if (outcome.kind === 'failed') return"],
  },
  {
    invariant: 7,
    what: 'a socket whose writes failed stays open',
    file: 'auth/write-queue.ts',
    replace: ['if (first) this.#options.onFailure(error)', 'first satisfies boolean'],
  },
  {
    invariant: 7,
    what: 'nobody is told of a lock that became free',
    file: 'lease/free-watch.ts',
    replace: ['    wait.onFree()\n', ''],
  },
  { invariant: 8, what: 'each caller of getStatus looks for itself', file: 'manager/status-lookup.ts', replace: ['this.#looking.get(sessionId) ?? ', ''] },
  {
    invariant: 8,
    what: 'a session that failed is believed to be as the store says',
    file: 'manager/session-statuses.ts',
    replace: ['return wasUnwritten || (', 'return false && ('],
  },
  {
    invariant: 9,
    what: 'a listener that throws reaches whoever told the event',
    file: 'async/safe-emitter.ts',
    replace: [
      'callGuarded(\n        () => listener(...payload),\n        (error) => this.#onFailure(event, error, payload[0]),\n      )',
      'void listener(...payload)',
    ],
  },
  {
    invariant: 9,
    what: 'a logger that throws reaches whoever logs',
    file: 'manager/session-announcer.ts',
    replace: [
      'this.#logger = guardedLogger(logger ?? silentLogger())',
      'this.#logger = (logger ?? silentLogger()) satisfies object as ReturnType<typeof guardedLogger>',
    ],
  },
  {
    invariant: 9,
    what: 'a delete has no deadline',
    file: 'session/session-storage.ts',
    replace: [
      'await withDeadline(store.delete(sessionId, { fencingToken }), storeTimeoutMs, () => {',
      'await store.delete(sessionId, { fencingToken });\n      (() => {',
    ],
  },
  {
    invariant: 9,
    what: 'whoever waits for a session is not told of its changes',
    file: 'session/session.ts',
    replace: ['    this.#watchers.notify()\n  }\n\n  #perform', '  }\n\n  #perform'],
  },
  {
    invariant: 10,
    what: 'dials are not limited by time',
    file: 'disconnect/dial-limiter.ts',
    replace: ['this.#starts.length < this.#limits.perSecond', 'true'],
  },
  {
    invariant: 10,
    what: 'dials are not limited in number',
    file: 'disconnect/dial-limiter.ts',
    replace: ['< concurrency - level * kept', '< 1000 * concurrency - level * kept'],
  },
  {
    invariant: 11,
    what: 'the back-off starts over at every connection',
    file: 'session/session-machine.ts',
    replace: ["failuresAtStart: state.run.failures, start: 'connected'", "failures: 0, failuresAtStart: 0, start: 'connected'"],
  },
  {
    invariant: 11,
    what: 'the back-off has no cap',
    file: 'disconnect/disconnect-decision.ts',
    replace: ['Math.min(grown, backOff.maxDelayMs, LONGEST_TIMER_MS)', 'Math.min(grown, LONGEST_TIMER_MS)'],
  },
  {
    invariant: 11,
    what: 'the back-off has no jitter',
    file: 'disconnect/disconnect-decision.ts',
    replace: ['Math.round(capped * random)', 'Math.round(capped + 0 * random)'],
  },
  { invariant: 12, what: 'a socket is closed without a flush', file: 'socket/workarounds/flush-before-close.ts', replace: ['    socket.ev.flush()\n', ''] },
  {
    invariant: 13,
    what: 'the status event carries the QR code',
    file: 'manager/session-announcer.ts',
    replace: ['{ ...visible, previous: previous.status }', '{ ...visible, ...snapshot, previous: previous.status }'],
  },
  {
    invariant: 13,
    what: 'the error of a write carries the credentials',
    file: 'auth/auth-state.ts',
    replace: ['    this.#options.onFailure(error)\n', '    this.#options.onFailure(Object.assign(error, { creds: this.creds }))\n'],
  },
  {
    invariant: 14,
    what: 'ids that differ only in case are one session',
    file: 'manager/session-registry.ts',
    replace: [
      'const session = this.#sessions.get(sessionId) ??',
      'const session = [...this.#sessions.values()].find(({ id }) => id.toLowerCase() === sessionId.toLowerCase()) ??',
    ],
  },
  {
    invariant: 'status',
    what: 'a session that lost its socket still hands it out',
    file: 'session/session.ts',
    replace: ["return this.#state.phase === 'connected' ? this.#socket.socket : undefined", 'return this.#socket.socket'],
  },
  {
    invariant: 'status',
    what: 'credentials that are gone are those of a session that was never paired',
    file: 'session/missing-credentials.ts',
    replace: ["if (stored.kind !== 'absent' || stored.isPairingBegun || !isKnownPaired(facts)) return stored", 'if (stored.kind !== null) return stored'],
  },
  {
    invariant: 'status',
    what: 'a lease that ran out is one that somebody else has',
    file: 'session/lease-holder.ts',
    replace: ["isSessionError(reason, 'LEASE_EXPIRED')", "isSessionError(reason, 'WRONG_KEY')"],
  },
  { invariant: 'status', what: 'the status before is told wrongly', file: 'session/session-report.ts', replace: ['    this.#announced = snapshot\n', ''] },
]
