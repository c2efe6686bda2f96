import type { Agent } from 'node:https'
import type { SocketConfigFunction } from 'baileys-sessions'

/** Gives each session a proxy of its own. It fails closed: where `findAgent` finds none, the session is not dialled at all. */
export function proxyPerSession(findAgent: (sessionId: string) => Promise<Agent | undefined>): SocketConfigFunction {
  return async (sessionId) => {
    const agent = await findAgent(sessionId)
    // What is thrown here fails this dial, and the session tries again later.
    if (agent === undefined) throw new Error(`Session "${sessionId}" has no proxy.`)
    // The websocket, and the uploads of media.
    return { agent, fetchAgent: agent }
  }
}
