import { WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { SessionManager, type SessionManagerOptions, type SessionStore } from 'baileys-sessions'
import { findRealSession, findSimulatedSession, simulated } from 'baileys-sessions/testing'
import { Tokens } from './access/tokens.js'
import { SharedWhatsApp } from './simulation/shared-whatsapp.js'
import { SimulatedPhones } from './simulation/simulated-phones.js'
import { SimulatedWhatsApp, type Simulation } from './simulation/simulated-whatsapp.js'
import { makeFolder, openDatabase, openFiles, type Storage } from './storage.js'
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

/** What to set up. */
export interface StageOptions {
  /** Where to keep the sessions; `null` for the usual place. */
  data: string | null
  /** Where other processes that share the sessions reach this one; `null` if there are none. */
  address: string | null
}

/** Real WhatsApp, and a folder. */
export async function realStage({ data, address }: StageOptions, environment: NodeJS.ProcessEnv): Promise<Stage> {
  const tokens = new Tokens(secretFromEnvironment(environment))
  const folder = realFolder(data)
  const storage = await openStorage(folder, address)
  await refuseSimulated(storage.store, folder)
  const sessions = openSessions(storage, address)
  return { sessions, tokens, phones: null, folder, broken: new Promise(() => undefined), close: storage.close }
}

/** WhatsApp on this machine, and a folder that goes with it unless one is given. */
export async function simulatedStage({ data, address }: StageOptions, environment: NodeJS.ProcessEnv): Promise<Stage> {
  const shared = address === null ? null : SharedWhatsApp.fromEnvironment(environment)
  const folder = simulatedFolder(data)
  const storage = await openStorage(folder, address)
  await refuseReal(storage.store, folder)
  const tokens = new Tokens(secretForSimulation(folder), 'simulation')
  const whatsApp = shared ?? (await SimulatedWhatsApp.start({ folder, isEphemeral: data === null }))
  const phones = new SimulatedPhones(whatsApp)
  const sessions = openSessions({ ...storage, store: simulated(storage.store) }, address, simulatedOptions(whatsApp, phones))
  phones.follow(sessions)
  const close = async (): Promise<void> => {
    await storage.close()
    await whatsApp.close()
  }
  return { sessions, tokens, phones, folder, broken: whatsApp.ended(), close }
}

/** Where real sessions are kept. */
export function realFolder(data: string | null): string {
  return resolve(data ?? './sessions')
}

/** Where simulated sessions are kept: a new folder unless one is given. It exists. */
export function simulatedFolder(data: string | null): string {
  const folder = data === null ? mkdtempSync(join(tmpdir(), 'baileys-sessions-example-')) : resolve(data)
  makeFolder(folder)
  return folder
}

async function openStorage(folder: string, address: string | null): Promise<Storage> {
  return address === null ? openFiles(folder) : openDatabase(folder)
}

function openSessions({ store, repository }: Storage, address: string | null, options: Partial<SessionManagerOptions> = {}): SessionManager {
  return new SessionManager({ store, repository, ...(address === null ? {} : { cluster: { address } }), ...options })
}

function simulatedOptions({ rootPublicKey }: Simulation, phones: SimulatedPhones): Partial<SessionManagerOptions> {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootPublicKey, 'hex')
  return {
    socketConfig: (sessionId) => ({ waWebSocketUrl: phones.urlFor(sessionId) }),
    reconnect: { initialDelayMs: 1000, maxDelayMs: 8000 },
    // Dials cost nothing here.
    restore: { delayMs: 100 },
    messages: { logged_out: 'The device was unlinked, or the simulated WhatsApp that it was linked to is gone. Link the phone again.' },
  }
}

/** WhatsApp knows no simulated devices. */
async function refuseSimulated(store: SessionStore, folder: string): Promise<void> {
  const sessionId = await findSimulatedSession(store)
  if (sessionId !== null)
    throw new Error(
      `Session ${JSON.stringify(sessionId)} in ${folder} was linked to a simulated WhatsApp, and the real one does not know it. Start with --simulated, or choose another folder with --data.`,
    )
}

/** A simulation knows no real devices, so each would be remembered as logged out. */
async function refuseReal(store: SessionStore, folder: string): Promise<void> {
  const sessionId = await findRealSession(store)
  if (sessionId !== null)
    throw new Error(
      `Session ${JSON.stringify(sessionId)} in ${folder} is real, and a simulated WhatsApp would mark it as logged out. Start without --simulated, or choose another folder with --data.`,
    )
}
