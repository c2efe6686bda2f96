import type { BaileysEventEmitter, GroupMetadata } from '@whiskeysockets/baileys'
import type { SocketConfig } from 'baileys-sessions'

/** As much of a socket as is needed. */
export interface GroupSource {
  readonly ev: Pick<BaileysEventEmitter, 'on'>
  groupMetadata(id: string): Promise<GroupMetadata>
}

/** What is known of the groups of a session: without it, Baileys asks WhatsApp for all members before each message to a group. */
export class GroupCache {
  readonly #limit: number
  readonly #groups = new Map<string, GroupMetadata>()

  constructor(limit = 500) {
    this.#limit = limit
  }

  /** Follows a socket: what changes is asked for anew. Call it in the event `socket`. */
  follow(socket: GroupSource): void {
    const renew = async (id: string | undefined): Promise<void> => {
      if (id === undefined) return
      this.#groups.delete(id)
      // A group that cannot be asked for is asked for by Baileys, when somebody writes to it.
      const group = await socket.groupMetadata(id).catch(() => null)
      if (group !== null) this.#keep(group)
    }
    socket.ev.on('groups.update', (updates) => {
      for (const { id } of updates) void renew(id)
    })
    socket.ev.on('group-participants.update', ({ id }) => void renew(id))
  }

  /** What to spread into `socketConfig`. */
  get socketConfig(): SocketConfig {
    return { cachedGroupMetadata: async (id) => this.#groups.get(id) }
  }

  #keep(group: GroupMetadata): void {
    this.#groups.set(group.id, group)
    const [oldest] = this.#groups.keys()
    if (this.#groups.size > this.#limit && oldest !== undefined) this.#groups.delete(oldest)
  }
}
