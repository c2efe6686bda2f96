import { setTimeout as delay } from 'node:timers/promises'
import { type CommandEnvironment, CommandError, EXIT, UsageError } from './command-environment.js'
import { type Command, type CommandRequest, operandOf, valueOf } from './command.js'
import { type Confirmation, isConfirmed } from './confirmation.js'
import { reportDrain, showDrain } from './fleet/drain-report.js'
import { type DrainProgress, DrainWatch } from './fleet/drain-watch.js'
import { findMember } from './fleet/find-process.js'
import { type Fleet, type FleetProcess, lookAtFleet } from './fleet/fleet.js'
import { requireCluster } from './fleet/require-cluster.js'
import type { Printer } from './printer.js'
import { parseStoreName } from './stores/parse-store-name.js'
import { count } from './terminal-text.js'

const DEFAULT_TIMEOUT_SECONDS = 120
const LONGEST_TIMEOUT_SECONDS = 86_400
/** How often to look. */
const LOOK_MS = 1000

/** `drain`: asks a process to hand its sessions over. */
export const drainCommand: Command = {
  name: 'drain',
  summary: 'Asks a process to hand its sessions over to the others, after asking you, and waits for it.',
  operands: ['store', 'process'],
  options: {
    yes: { meaning: 'Drains without asking. Needed when nobody can answer.' },
    timeout: { value: 'seconds', meaning: `How long to wait. Without it, ${DEFAULT_TIMEOUT_SECONDS}.` },
  },
  remarks: [
    'The process is given by its name or its address, as "fleet" shows them. It keeps running, and takes no sessions until it is',
    'started again. This cannot be called off: the process goes on when this command ends early.',
  ],
  run: runDrain,
}

async function runDrain(request: CommandRequest, environment: CommandEnvironment, printer: Printer): Promise<number> {
  const name = parseStoreName(operandOf(request, 0), environment)
  const asked = operandOf(request, 1)
  const timeoutSeconds = readTimeout(valueOf(request, 'timeout'))
  const opened = await name.open('change')
  try {
    const cluster = requireCluster(name, opened.store)
    const look = (): Promise<Fleet> => lookAtFleet(cluster)
    const fleet = await look()
    const process = findMember(fleet, asked)
    if (!request.switches.has('yes') && !(await isConfirmed(confirmationOf(process, fleet, asked), environment, printer))) {
      printer.note('The process was not asked.')
      return environment.signal.aborted ? EXIT.interrupted : EXIT.trouble
    }
    if (!(await cluster.askToDrain(process.id))) throw new CommandError(`The process ${process.owner} has left the cluster. It was not asked.`)
    const watch = new DrainWatch(process, { timeoutMs: timeoutSeconds * 1000 }, performance.now())
    const progress = await followDrain(look, watch, environment, showDrain(process.owner, printer))
    return reportDrain({ owner: process.owner, progress, timeoutSeconds }, printer)
  } finally {
    await opened.close()
  }
}

function readTimeout(text: string = String(DEFAULT_TIMEOUT_SECONDS)): number {
  const seconds = Number(text)
  if (!/^\d+$/u.test(text) || seconds < 1 || seconds > LONGEST_TIMEOUT_SECONDS)
    throw new UsageError(`--timeout must be a number of seconds from 1 to ${LONGEST_TIMEOUT_SECONDS}, but is "${text}".`)
  return seconds
}

function confirmationOf({ id, owner, sessionIds }: FleetProcess, { processes }: Fleet, asked: string): Confirmation {
  const others = processes.filter((other) => other.id !== id && other.card?.takes === true && !other.isDraining)
  const successors =
    others.length === 0 ? 'No other process takes sessions now' : `${count(others.length, 'other process takes', 'other processes take')} sessions now`
  return {
    warning: `This asks ${owner} to hand over ${count(sessionIds.length, 'session')}, and to take no more until it is started again. ${successors}.`,
    answer: asked,
    prompt: `Type "${asked}" to confirm:`,
    deed: 'drain the process',
  }
}

/** Looks again and again until the drain is over or called off. */
async function followDrain(
  look: () => Promise<Fleet>,
  watch: DrainWatch,
  { signal }: CommandEnvironment,
  tell: (progress: DrainProgress) => void,
): Promise<DrainProgress> {
  for (;;) {
    const progress = watch.see(await look(), performance.now())
    tell(progress)
    if (progress.isOver || signal.aborted) return progress
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}
