import type { ClusterMember, SessionManager, SessionSnapshot } from 'baileys-sessions'
import { Counter, Gauge, type Registry } from 'prom-client'

/** The processes of the cluster, as of the last look. Nothing waits for a look: it needs the store, which may hang. */
class MemberList {
  readonly #sessions: SessionManager
  #members: readonly ClusterMember[] = []
  #isLooking = false

  constructor(sessions: SessionManager) {
    this.#sessions = sessions
    sessions.on('members', ({ members }) => {
      this.#members = members
    })
  }

  /** All of them; none while they are not known. */
  get all(): readonly ClusterMember[] {
    return this.#members
  }

  /** This process. */
  get self(): ClusterMember | undefined {
    return this.#members.find(({ isLocal }) => isLocal)
  }

  /** Starts a look, unless one is under way. */
  look(): void {
    if (this.#isLooking) return
    this.#isLooking = true
    void this.#sessions
      .members()
      .catch(() => [])
      .then((members) => {
        this.#members = members
        this.#isLooking = false
      })
  }
}

/**
 * Turns what the processes of a cluster tell each other into metrics. Call it once for each registry, in a process with the
 * option `cluster`. Each process tells of itself: Prometheus adds which one it asked.
 */
export function observeCluster(sessions: SessionManager, registry: Registry): void {
  const members = new MemberList(sessions)
  members.look()
  const gauge = (name: string, help: string, value: () => number): Gauge =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
  new Gauge({
    name: 'whatsapp_cluster_members',
    help: 'Processes of the cluster that this one knows of, itself included; none while the store does not answer.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      members.look()
      const draining = members.all.filter((member) => member.draining).length
      this.set({ state: 'draining' }, draining)
      this.set({ state: 'open' }, members.all.length - draining)
    },
  })
  gauge('whatsapp_cluster_sessions', 'Sessions that this process holds.', () => members.self?.sessions ?? 0)
  gauge('whatsapp_cluster_capacity', 'How many sessions this process runs at most.', () =>
    members.self === undefined ? 0 : (members.self.capacity ?? Infinity),
  )
  countMoves(sessions, registry)
}

function countMoves(sessions: SessionManager, registry: Registry): void {
  const moves = new Counter({
    name: 'whatsapp_cluster_moves_total',
    help: 'Sessions that this process took over from another one (in), or that another one took over from it (out).',
    labelNames: ['direction'],
    registers: [registry],
  })
  for (const direction of ['in', 'out']) moves.inc({ direction }, 0)
  const runsHere = new Map<string, boolean>()
  sessions.on('status', (event) => {
    const { sessionId, owner, isLocal } = event
    if (owner === null) {
      if (!isOnItsWay(event)) runsHere.delete(sessionId)
      return
    }
    if (runsHere.get(sessionId) === !isLocal) moves.inc({ direction: isLocal ? 'in' : 'out' })
    runsHere.set(sessionId, isLocal)
  })
}

/** Whether a process goes on with a session that nobody runs at the moment: it was handed over, or its process died. */
function isOnItsWay({ status, reason }: Pick<SessionSnapshot, 'status' | 'reason'>): boolean {
  return status === 'connecting' || reason === 'owned_elsewhere' || reason === 'waiting_for_capacity'
}
