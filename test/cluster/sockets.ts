import type { Member } from './member.js'

/** A socket that was open, from then until then; `Infinity` while it is. */
export interface OpenSocket {
  readonly sessionId: string
  readonly member: Member
  readonly from: number
  readonly to: number
}

/** Every socket that was ever open, in the order of their opening. */
export function openSockets(members: readonly Member[]): OpenSocket[] {
  return members.flatMap(socketsOf).sort((a, b) => a.from - b.from)
}

function socketsOf(member: Member): OpenSocket[] {
  const sockets: OpenSocket[] = []
  const openedAt = new Map<string, number>()
  const close = (sessionId: string, to: number): void => {
    const from = openedAt.get(sessionId)
    openedAt.delete(sessionId)
    if (from !== undefined) sockets.push({ sessionId, member, from, to })
  }
  for (const event of member.events) {
    if (event.kind === 'open') openedAt.set(event.sessionId, event.at)
    if (event.kind === 'closed') close(event.sessionId, event.at)
  }
  for (const sessionId of [...openedAt.keys()]) close(sessionId, member.endedAt)
  return sockets
}

/** The sockets of each session. */
export function bySession(sockets: readonly OpenSocket[]): ReadonlyMap<string, readonly OpenSocket[]> {
  const groups = new Map<string, OpenSocket[]>()
  for (const socket of sockets) groups.set(socket.sessionId, [...(groups.get(socket.sessionId) ?? []), socket])
  return groups
}

/** How many sessions have an open socket at a moment. */
export function openAt(sockets: readonly OpenSocket[], at: number): number {
  return new Set(sockets.filter(({ from, to }) => from <= at && at < to).map(({ sessionId }) => sessionId)).size
}

/** Sockets of one session that were open at the same time. */
export function overlaps(sockets: readonly OpenSocket[]): { readonly sessionId: string; readonly forMs: number }[] {
  return [...bySession(sockets)].flatMap(([sessionId, own]) =>
    own.slice(1).flatMap(({ from }, index) => {
      const forMs = (own[index]?.to ?? 0) - from
      return forMs > 0 ? [{ sessionId, forMs }] : []
    }),
  )
}

/** How long each session was without a socket between two, in milliseconds. */
export function gaps(sockets: readonly OpenSocket[]): number[] {
  return absences(sockets).map(({ from, to }) => to - from)
}

/** How many sessions were between two sockets at once, at the most. */
export function mostAway(sockets: readonly OpenSocket[]): number {
  const all = absences(sockets)
  return Math.max(0, ...all.map(({ from: at }) => all.filter(({ from, to }) => from <= at && at < to).length))
}

/** Each time that a session was between two sockets. */
function absences(sockets: readonly OpenSocket[]): { readonly from: number; readonly to: number }[] {
  return [...bySession(sockets).values()].flatMap((own) => own.slice(1).map(({ from: to }, index) => ({ from: own[index]?.to ?? 0, to })))
}
