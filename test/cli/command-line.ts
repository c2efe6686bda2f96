import { Readable } from 'node:stream'
import { run } from '../../src/cli/run.js'

/** What a run of the program left. */
export interface Outcome {
  code: number
  /** What it printed as its result. */
  output: string
  /** What it printed beside it. */
  errors: string
}

/** Around a run. */
export interface Circumstances {
  /** What stdin gives. */
  input?: string
  /** Whether a person looks and types. */
  isTerminal?: boolean
  variables?: Record<string, string>
  directory?: string
  signal?: AbortSignal
  /** Told of the result so far, whenever there is more of it. */
  onOutput?: (output: string) => void
}

/** Runs the program in this process. */
export async function runCommand(args: readonly string[], circumstances: Circumstances = {}): Promise<Outcome> {
  const { input = '', isTerminal = false, variables = {}, directory = '/', signal = new AbortController().signal, onOutput } = circumstances
  const written = { output: '', errors: '' }
  const stream = (name: keyof typeof written): { isTTY: boolean; columns: number; write(text: string): void } => ({
    isTTY: isTerminal,
    columns: 80,
    write: (text) => {
      written[name] += text
      if (name === 'output') onOutput?.(written.output)
    },
  })
  const stdin = Object.assign(Readable.from(input === '' ? [] : [input]), { isTTY: isTerminal })
  const code = await run(args, { stdout: stream('output'), stderr: stream('errors'), stdin, variables, directory, signal })
  return { code, ...written }
}
