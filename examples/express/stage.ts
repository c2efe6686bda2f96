import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { FileConnectionRepository, FileSystemSessionStore, SessionManager, type SessionManagerOptions } from 'baileys-sessions'
import { findRealSession, findSimulatedSession, simulated } from 'baileys-sessions/testing'
import { Tokens } from './access/tokens.js'
import { SimulatedPhones } from './simulation/simulated-phones.js'
import { SimulatedWhatsApp } from './simulation/simulated-whatsapp.js'
import { secretForSimulation, secretFromEnvironment } from './token-secret.js'

/** What is behind the server: the sessions, and where they dial. */
export interface Stage {
  sessions: SessionManager
  tokens: Tokens
  phones: SimulatedPhones | null
  folder: string
  /** Resolves with an error when something that everything depends on is gone. */
  broken: Promise<Error>
  /** Ends what does not belong to the manager. */
  close: () => Promise<void>
}

/** Real WhatsApp, and a folder. */
export async function realStage(data: string | null, environment: NodeJS.ProcessEnv): Promise<Stage> {
  const tokens = new Tokens(secretFromEnvironment(environment))
  const folder = resolve(data ?? './sessions')
  const store = new FileSystemSessionStore({ directory: folder })
  await refuseSimulated(store, folder)
  const sessions = openSessions(folder, { store })
  return {
    sessions,
    tokens,
    phones: null,
    folder,
    broken: new Promise(() => undefined),
    close: async () => {
      await store.close()
    },
  }
}

/** WhatsApp on this machine, and a folder that goes with it unless one is given. */
export async function simulatedStage(data: string | null): Promise<Stage> {
  const folder = data === null ? mkdtempSync(join(tmpdir(), 'baileys-sessions-example-')) : resolve(data)
  makeFolder(folder)
  const store = new FileSystemSessionStore({ directory: folder })
  await refuseReal(store, folder)
  const tokens = new Tokens(secretForSimulation(folder), 'simulation')
  const whatsApp = await SimulatedWhatsApp.start({ folder, isEphemeral: data === null })
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(whatsApp.rootPublicKey, 'hex')
  const phones = new SimulatedPhones(whatsApp)
  const sessions = openSessions(folder, {
    store: simulated(store),
    socketConfig: (sessionId) => ({ waWebSocketUrl: phones.urlFor(sessionId) }),
    reconnect: { initialDelayMs: 1000, maxDelayMs: 8000 },
    // Dials cost nothing here.
    restore: { delayMs: 100 },
    messages: { logged_out: 'The device was unlinked, or the simulated WhatsApp that it was linked to is gone. Link the phone again.' },
  })
  phones.follow(sessions)
  const close = async (): Promise<void> => {
    await store.close()
    await whatsApp.close()
  }
  return { sessions, tokens, phones, folder, broken: whatsApp.ended(), close }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}. It cannot hold the sessions: choose another folder with --data.`, { cause })
  }
}

/** WhatsApp knows no simulated devices. */
async function refuseSimulated(store: FileSystemSessionStore, folder: string): Promise<void> {
  const sessionId = await findSimulatedSession(store)
  if (sessionId !== null)
    throw new Error(
      `Session ${JSON.stringify(sessionId)} in ${folder} was linked to a simulated WhatsApp, and the real one does not know it. Start with --simulated, or choose another folder with --data.`,
    )
}

/** A simulation knows no real devices, so each would be remembered as logged out. */
async function refuseReal(store: FileSystemSessionStore, folder: string): Promise<void> {
  const sessionId = await findRealSession(store)
  if (sessionId !== null)
    throw new Error(
      `Session ${JSON.stringify(sessionId)} in ${folder} is real, and a simulated WhatsApp would mark it as logged out. Start without --simulated, or choose another folder with --data.`,
    )
}

function openSessions(folder: string, options: SessionManagerOptions): SessionManager {
  const repository = new FileConnectionRepository({ file: join(folder, 'connections.json') })
  return new SessionManager({ repository, ...options })
}
