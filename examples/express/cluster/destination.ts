import type { ClusterMember } from 'baileys-sessions'

/** Where a session runs, or may run: from a snapshot, or from an `OWNED_ELSEWHERE`. */
export interface Whereabouts {
  /** Whether it runs in this process, or in none. */
  isLocal: boolean
  /** Where the process is reached that runs it, or that has room for it; `undefined` when that is not known. */
  ownerAddress?: string | undefined
}

/** Where a request goes: to this process, to another one, or nowhere, because it has been sent on once and its session is not here either. */
export type Destination = { kind: 'here' } | { kind: 'member'; address: string } | { kind: 'missed' }

/**
 * Decides where a request for a session goes. It is sent on once at most, so it cannot go round in circles, and only to a process that is a
 * member of the cluster now, so nobody can make this server call any other address.
 */
export function destinationOf(
  { isLocal, ownerAddress }: Whereabouts,
  members: readonly Pick<ClusterMember, 'address' | 'isLocal'>[],
  wasForwarded: boolean,
): Destination {
  if (isLocal) return { kind: 'here' }
  if (wasForwarded) return { kind: 'missed' }
  const atAddress = members.filter(({ address }) => address === ownerAddress)
  // This process answers what it can: it shows the status of any session, and refuses the rest.
  if (ownerAddress === undefined || atAddress.length === 0 || atAddress.some((member) => member.isLocal)) return { kind: 'here' }
  return { kind: 'member', address: ownerAddress }
}
