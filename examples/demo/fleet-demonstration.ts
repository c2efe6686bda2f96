import type { ApplicationProcess } from './application-process.js'
import { Fleet } from './fleet.js'
import type { FleetStage } from './fleet-stage.js'
import { Narrator } from './narrator.js'
import type { Report } from './reports.js'
import { type Screen, seconds } from './screen.js'

const PATIENCE_MS = 25_000
/** Where the board cannot be redrawn in place, changes are told no more often than this. */
const BETWEEN_LINES_MS = 1000

/** Shows how processes share sessions out: one is killed, one joins, one is drained. */
export class FleetDemonstration {
  readonly #screen: Screen
  readonly #narrator: Narrator
  readonly #fleetStage: FleetStage
  readonly #fleet: Fleet
  readonly #processes = new Map<string, ApplicationProcess>()
  #told = { summary: '', at: 0 }

  constructor(screen: Screen, stage: FleetStage) {
    this.#screen = screen
    this.#narrator = new Narrator(screen)
    this.#fleetStage = stage
    this.#fleet = new Fleet(stage.stage.sessionIds)
  }

  /** Plays all of it. Resolves with the exit code; rejects when sessions do not come back. */
  async play(): Promise<number> {
    this.#screen.line(`${this.#total} linked sessions, shared out over processes that know each other only by their store.`)
    this.#screen.line('WhatsApp is a server on 127.0.0.1, and Baileys is real. Nothing leaves this machine.')
    await this.#begin()
    await this.#kill('A')
    await this.#join('D')
    await this.#drain('B')
    return this.#askElsewhere()
  }

  async #begin(): Promise<void> {
    this.#narrator.act('Three processes start, and share the sessions out')
    const names = ['A', 'B', 'C']
    for (const name of names) this.#start(name, names.length)
    await this.#untilAllConnected('Not every session was connected.')
    this.#fleet.takeOutages()
    this.#endAct('every session is connected')
  }

  async #kill(name: string): Promise<void> {
    this.#narrator.act(`Process ${name} is killed with SIGKILL`)
    await this.#processes.get(name)?.kill()
    this.#fleet.remove(name)
    await this.#untilAllConnected('Not every session came back.')
    const outages = this.#fleet.takeOutages()
    this.#endAct(
      `the first one is back after ${seconds(outages[0] ?? 0, 1)}, all ${outages.length} after ${seconds(outages.at(-1) ?? 0, 1)}, without a QR code`,
    )
  }

  async #join(name: string): Promise<void> {
    this.#narrator.act(`Process ${name} starts, and gets its share by hand-overs`)
    const startedAt = Date.now()
    this.#start(name, 0)
    await this.#until(() => this.#fleet.isBalanced, `Process ${name} did not get its share.`)
    this.#endHandOvers(`${name} has ${this.#fleet.countOf(name)} after ${seconds(Date.now() - startedAt, 1)}`)
  }

  async #drain(name: string): Promise<void> {
    this.#narrator.act(`Process ${name} gets SIGTERM, and hands all of its sessions over`)
    const startedAt = Date.now()
    const exitCode = await this.#processes.get(name)?.terminate()
    this.#fleet.remove(name)
    await this.#untilAllConnected('Not every session was handed over.')
    this.#endHandOvers(`${name} has ended with exit code ${exitCode} after ${seconds(Date.now() - startedAt, 1)}`)
  }

  async #askElsewhere(): Promise<number> {
    this.#narrator.act('Asked of another process, which runs no session')
    const { window } = this.#fleetStage
    const [members, statuses] = await Promise.all([window.members(), window.getStatuses()])
    const rows = members.filter(({ isLocal }) => !isLocal).map(({ address, sessions, owner }) => [address ?? '', String(sessions), owner])
    this.#screen.table([['process', 'sessions', 'owner'], ...rows.sort()])
    const connected = statuses.filter(({ isConnected }) => isConnected).length
    this.#screen.line()
    this.#screen.line(`${connected} of ${this.#total} sessions are connected, and nobody had to link a phone again.`)
    return connected === this.#total ? 0 : 1
  }

  get #total(): number {
    return this.#fleetStage.stage.sessionIds.length
  }

  #start(name: string, fleetSize: number): void {
    const process = this.#fleetStage.start(name, fleetSize, (report) => this.#hear(report))
    this.#processes.set(name, process)
    this.#fleet.add(name, process)
  }

  #hear(report: Report): void {
    if (report.kind === 'problem') this.#narrator.report(report)
    if (report.kind === 'qr') this.#narrator.problem(`Session ${report.sessionId} asks for a QR code.`)
    this.#fleet.look()
    this.#show()
  }

  #show(): void {
    this.#screen.keepBelow(this.#fleet.rows())
    const [summary, at] = [this.#fleet.summary(), Date.now()]
    if (this.#screen.isLive || summary === this.#told.summary || at - this.#told.at < BETWEEN_LINES_MS) return
    this.#told = { summary, at }
    this.#screen.event(summary)
  }

  #endHandOvers(what: string): void {
    const outages = this.#fleet.takeOutages()
    this.#screen.event(what)
    this.#endAct(`${outages.length} hand-overs, each without a socket for ${seconds(outages.at(-1) ?? 0, 1)} at most`)
  }

  #endAct(what: string): void {
    this.#screen.keepBelow([])
    this.#screen.event(what)
    for (const row of this.#fleet.rows()) this.#screen.line(row)
  }

  async #untilAllConnected(failure: string): Promise<void> {
    await this.#until(() => this.#fleet.connected === this.#total, failure)
  }

  async #until(holds: () => boolean, failure: string): Promise<void> {
    if (!(await this.#fleet.changes.until(holds, PATIENCE_MS))) throw new Error(`${failure} ${this.#fleet.summary()}.`)
  }
}
