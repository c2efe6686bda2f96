import { CommandError } from '../command-environment.js'
import { hidePasswords } from '../terminal-text.js'
import type { Fleet, FleetProcess } from './fleet.js'

/** The member of the cluster with this name or this address. Throws a `CommandError` that says which ones there are. */
export function findMember({ processes }: Fleet, asked: string): FleetProcess {
  const found = processes.filter(({ owner, card }) => owner === asked || card?.address === asked)
  const [first, second] = found
  if (second !== undefined) throw new CommandError(`There are ${found.length} processes "${asked}": ${listed(found)}. Give the name of one of them.`)
  if (first === undefined) throw new CommandError(`There is no process "${asked}" in the cluster. ${membersAmong(processes)}`)
  if (first.card === null) throw new CommandError(`The process ${first.owner} is not in the cluster, so it cannot be asked. ${membersAmong(processes)}`)
  return first
}

function membersAmong(processes: readonly FleetProcess[]): string {
  const members = processes.filter(({ card }) => card !== null)
  return members.length === 0 ? 'No process is in it.' : `In it: ${listed(members)}.`
}

function listed(processes: readonly FleetProcess[]): string {
  return processes.map(({ owner, card }) => `${owner}${typeof card?.address === 'string' ? ` (${hidePasswords(card.address)})` : ''}`).join(', ')
}
