import type { ApplicationProcess } from './application-process.js'
import type { Board } from './board.js'
import type { Narrator } from './narrator.js'
import type { Report } from './reports.js'
import type { Stage } from './stage.js'

/** The options of the scene. */
export interface Scene {
  /** The script of the application, in this folder. */
  application: string
  /** Whether somebody refreshes the status page right after the restart. */
  isPageRefreshed: boolean
  /** Whether the phones write again while no process runs, to see what arrives after the restart. */
  hasMailWhileDown: boolean
  /** Whether this kill was the last one. */
  isOver: (kill: Kill) => boolean
}

/** What a kill left behind. */
export interface Kill {
  /** Its number, from 1. */
  number: number
  /** How many writes had started but not finished. */
  cutOff: number
  /** The sessions whose saved creds can no longer be read. */
  lost: string[]
}

/** How the scene ended for a session. */
export interface SessionEnding {
  /** Its name. */
  sessionId: string
  /** Its status before the last kill. */
  before: string
  /** What the status page showed right after the restart; `null` when nobody looked. */
  page: string | null
  /** Its status at the end. */
  after: string
  /** How long it took to connect again, in milliseconds. */
  tookMs: number | null
  /** Whether somebody has to link the phone again. */
  needsQr: boolean
}

/** How the scene ended. */
export interface Ending {
  /** How often the application was killed. */
  kills: number
  /** Each session once. */
  sessions: SessionEnding[]
}

const PATIENCE_MS = 15_000
const TEXT_PATIENCE_MS = 2000
const TEXT_WHILE_DOWN = 'Are you open on Sunday?'
/** A kill hits a random save, after at most this many others. */
const MOST_SAVES_BEFORE = 40
/** Stock code that has lost keys saves nothing more, because it cannot read any message. */
const SAVE_PATIENCE_MS = 4000

/** Links sessions, kills the application during saves until the scene is over, and watches what a new process does with the rest. */
export async function playScene(scene: Scene, stage: Stage, narrator: Narrator): Promise<Ending> {
  narrator.act('Three phones scan a QR code each')
  let application = await link(scene, stage, narrator)
  narrator.act('Messages arrive, and the process is killed while it saves')
  for (let number = 1; ; number++) {
    const before = application.board
    const kill = await killWhileSaving(application, stage, number)
    narrator.killed(application.pid, kill)
    if (scene.isOver(kill)) {
      narrator.act('A new process starts')
      return { kills: number, sessions: await restore(scene, stage, narrator, before) }
    }
    narrator.goesOn()
    application = restoreForNextKill(scene, stage)
    if (!(await allConnected(application, stage))) return { kills: number, sessions: endings(stage, before, application.board) }
  }
}

async function link(scene: Scene, stage: Stage, narrator: Narrator): Promise<ApplicationProcess> {
  const onReport = (report: Report): void => {
    narrator.report(report)
    if (report.kind === 'qr')
      stage.phones.show(report.sessionId, report.qr).catch((error: unknown) => {
        narrator.problem(error)
      })
  }
  const application = stage.start({ script: scene.application, task: 'link', isPageRefreshed: false, onReport })
  if (!(await allConnected(application, stage))) throw new Error('Not every session was connected after its phone had scanned the QR code.')
  return application
}

/** Without details. The look at the page starts all sessions at once. */
function restoreForNextKill({ application: script }: Scene, stage: Stage): ApplicationProcess {
  return stage.start({ script, task: 'restore', isPageRefreshed: true, onReport: () => undefined })
}

async function killWhileSaving(application: ApplicationProcess, { phones, files }: Stage, number: number): Promise<Kill> {
  const endChatter = phones.chatter()
  await application.board.until(() => files.areSynchronized(), PATIENCE_MS)
  await files.momentOfSaving(Math.floor(Math.random() * MOST_SAVES_BEFORE), SAVE_PATIENCE_MS)
  await application.kill()
  await endChatter()
  return { number, cutOff: files.unfinished().length, lost: files.withoutCreds() }
}

async function restore(scene: Scene, stage: Stage, narrator: Narrator, before: Board): Promise<SessionEnding[]> {
  const { application: script, isPageRefreshed, hasMailWhileDown } = scene
  const { sessionIds } = stage
  if (hasMailWhileDown) await stage.phones.textEach(TEXT_WHILE_DOWN)
  const application = stage.start({
    script,
    task: 'restore',
    isPageRefreshed,
    onReport: (report) => {
      narrator.report(report)
    },
  })
  const { board } = application
  await board.until(() => board.isDone && sessionIds.every((sessionId) => board.isSettled(sessionId)), PATIENCE_MS)
  const result = endings(stage, before, board)

  const hasText = (sessionId: string): boolean => board.of(sessionId).texts.includes(TEXT_WHILE_DOWN)
  if (hasMailWhileDown) await board.until(() => sessionIds.every(hasText), TEXT_PATIENCE_MS)
  // Baileys may hold messages back for half a minute: a clean end hands them over.
  await application.dismiss()
  if (hasMailWhileDown) narrator.mail(sessionIds.filter(hasText).length, sessionIds.length)
  return result
}

function endings({ sessionIds }: Stage, before: Board, board: Board): SessionEnding[] {
  return sessionIds.map((sessionId) => {
    const { page, status, tookMs } = board.of(sessionId)
    const needsQr = status !== 'connected' && board.isSettled(sessionId)
    return { sessionId, before: before.of(sessionId).status, page, after: status, tookMs, needsQr }
  })
}

async function allConnected({ board }: ApplicationProcess, { sessionIds }: Stage): Promise<boolean> {
  return board.until(() => sessionIds.every((sessionId) => board.isConnected(sessionId)), PATIENCE_MS)
}
