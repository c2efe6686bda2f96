import { type ConnectionRepository, MemorySessionStore, SessionManager, type SessionSnapshot, type SessionStore } from 'baileys-sessions'
import { FakeBaileys, type FakeSocket, WhatsAppServer } from 'baileys-sessions/testing'

declare const repository: ConnectionRepository
const store: SessionStore = new MemorySessionStore()
const sessions = new SessionManager({ store, repository, baileys: new FakeBaileys(), socketConfig: () => ({ syncFullHistory: false }) })

export const snapshot: Promise<SessionSnapshot> = sessions.getStatus('a')
export const user: string | undefined = sessions.getSocket('a')?.user?.id
export const starting: Promise<WhatsAppServer> = WhatsAppServer.start()
export function phoneOf(socket: FakeSocket): string | undefined {
  return socket.phoneNumber
}
// @ts-expect-error the types of Baileys are there, not `any`
sessions.getSocket('a')?.notAMember
