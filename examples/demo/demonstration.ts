import { Narrator } from './narrator.js'
import { allCameBack, RESULT_TITLES, resultCells } from './result-rows.js'
import { playScene } from './scene.js'
import type { Screen } from './screen.js'
import { Stage } from './stage.js'

/** A kill may fall between two writes; then the demo kills again. */
const MOST_KILLS = 5

/** Plays the scene with this library. Resolves with the exit code. */
export async function demonstrate(screen: Screen): Promise<number> {
  screen.line('Three linked sessions, a process killed while it saves, and no second QR code.')
  screen.line('WhatsApp is a server on 127.0.0.1, and Baileys is real. Nothing leaves this machine.')
  const stage = await Stage.build()
  const ending = await playScene(
    {
      application: 'application.ts',
      isPageRefreshed: false,
      hasMailWhileDown: true,
      isOver: ({ number, cutOff }) => cutOff > 0 || number === MOST_KILLS,
    },
    stage,
    new Narrator(screen),
  )
  await stage.clear()
  screen.endProgress()

  screen.line()
  screen.table([['session', ...RESULT_TITLES], ...ending.sessions.map((session) => [session.sessionId, ...resultCells(session)])])
  screen.line()
  const isWell = allCameBack(ending)
  screen.line(isWell ? 'All sessions came back by themselves.' : 'Not all sessions came back.')
  return isWell ? 0 : 1
}
