import { Narrator } from './narrator.js'
import { allCameBack, RESULT_TITLES, resultCells } from './result-rows.js'
import { playScene, type Ending, type Scene } from './scene.js'
import type { Screen } from './screen.js'
import { Stage } from './stage.js'

/** Stock code does not lose its creds at every kill: the demo kills it until it does, at most this often. */
const MOST_KILLS = 12
/** On a slow machine, each side is killed less often, so that both fit into a minute. */
const KILLING_LIMIT_MS = 14_000

/** Plays the scene with stock Baileys code and with this library. Resolves with the exit code, which is about the library alone. */
export async function compare(screen: Screen): Promise<number> {
  screen.line('The same scene twice: linked sessions, a process killed while it saves, a new process.')
  screen.line('WhatsApp is a server on 127.0.0.1, and Baileys is real. Nothing leaves this machine.')
  screen.headline('Stock Baileys: useMultiFileAuthState, a map of clients, a new client after each close')
  const stock = await play(screen, 'stock-application.ts', ({ number, lost }) => lost.length > 0 || number === MOST_KILLS)
  screen.headline(`baileys-sessions: killed just as often, ${times(stock.kills)}`)
  const ours = await play(screen, 'application.ts', ({ number }) => number === stock.kills)

  screen.line()
  screen.table([['', 'session', 'page at once', ...RESULT_TITLES], ...rows('stock Baileys', stock), ...rows('baileys-sessions', ours)])
  screen.line()
  for (const line of conclusions(stock, ours)) screen.line(line)
  return allCameBack(ours) ? 0 : 1
}

async function play(screen: Screen, application: string, isEnough: Scene['isOver']): Promise<Ending> {
  // Stock Baileys cannot link a phone with today's WhatsApp. The demo is about what it loses afterwards.
  const stage = await Stage.build({ registration: application === 'stock-application.ts' ? 'classic' : 'current' })
  const endsAt = Date.now() + KILLING_LIMIT_MS
  const isOver: Scene['isOver'] = (kill) => isEnough(kill) || Date.now() > endsAt
  const ending = await playScene({ application, isPageRefreshed: true, hasMailWhileDown: false, isOver }, stage, new Narrator(screen))
  await stage.clear()
  screen.endProgress()
  return ending
}

function rows(name: string, { sessions }: Ending): string[][] {
  return sessions.map((session, index) => [index === 0 ? name : '', session.sessionId, session.page ?? '-', ...resultCells(session)])
}

function conclusions(stock: Ending, ours: Ending): string[] {
  const lost = stock.sessions.filter(({ needsQr }) => needsQr).map(({ sessionId }) => sessionId)
  return [
    lost.length === 0
      ? `Stock was lucky: killed ${times(stock.kills)}, it kept its creds. Run it again, and it may lose them.`
      : `Stock lost the creds of ${lost.join(' and ')} at kill ${stock.kills}. A person must scan a QR code.`,
    'After the restart, its status page says "disconnected" until somebody writes code to restore.',
    allCameBack(ours)
      ? `baileys-sessions was killed ${times(ours.kills)} while it saved, and every session came back by itself.`
      : 'With baileys-sessions, not all sessions came back.',
  ]
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
