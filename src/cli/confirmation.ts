import { createInterface } from 'node:readline'
import { type CommandEnvironment, CommandError, type InputStream } from './command-environment.js'
import type { Printer } from './printer.js'
import { plainText } from './terminal-text.js'

/** What a person is to confirm. */
export interface Confirmation {
  /** What will happen. */
  readonly warning: string
  /** What confirms it when somebody types it. */
  readonly answer: string
  /** Asks for that answer. */
  readonly prompt: string
  /** What can be done without asking: `delete the session`. */
  readonly deed: string
}

/** Asks on the terminal whether to go on. Rejects with a `CommandError` where nobody can answer. */
export async function isConfirmed({ warning, prompt, answer, deed }: Confirmation, { stdin, signal }: CommandEnvironment, printer: Printer): Promise<boolean> {
  if (stdin.isTTY !== true) throw new CommandError(`There is no terminal to ask on. Pass --yes to ${deed} without asking.`)
  printer.note(warning)
  printer.note(prompt)
  return (await answerOf(stdin, signal)) === plainText(answer)
}

/** A line that somebody typed; `null` when the input ended or the question was called off. */
async function answerOf(stdin: InputStream, signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: stdin, terminal: false })
  const close = (): void => lines.close()
  try {
    return await new Promise<string | null>((resolve) => {
      lines.once('line', resolve).once('close', () => resolve(null))
      signal.addEventListener('abort', close, { once: true })
      if (signal.aborted) close()
    })
  } finally {
    signal.removeEventListener('abort', close)
    lines.close()
  }
}
