import { ScriptProcess, type ScriptOptions } from '../../support/script-process.js'
import type { SessionManagerOptions } from '../../../src/index.js'
import type { FaultRig } from './fault-rig.js'
import type { StoreKind } from './fault-stores.js'

type Verb = 'connect' | 'restore' | 'restoreAll' | 'status' | 'course' | 'errors' | 'dials' | 'lives' | 'write' | 'read' | 'missing' | 'close'

/** How a rig is run. */
export interface RigProcessOptions extends ScriptOptions {
  /** Another build of it than the source that is here. */
  script?: string
}

/** A {@link FaultRig} in a process of its own, which is killed when the test ends. */
export class RigProcess {
  readonly script: ScriptProcess

  private constructor(script: ScriptProcess) {
    this.script = script
  }

  /** Starts it, and waits until it has made its manager. */
  static async start(kind: StoreKind, place: string, how: RigProcessOptions = {}, options: Partial<SessionManagerOptions> = {}): Promise<RigProcess> {
    const script = new ScriptProcess(how.script ?? './rig-child.ts', import.meta.url, [kind, place, JSON.stringify(options)], how)
    await script.next()
    return new RigProcess(script)
  }

  /** Calls a method of the rig. */
  async call<Name extends Verb>(verb: Name, ...args: Parameters<FaultRig[Name]>): Promise<Awaited<ReturnType<FaultRig[Name]>>> {
    // It is the method's own answer, as JSON.
    return (await this.script.ask(JSON.stringify([verb, ...args]))) as Awaited<ReturnType<FaultRig[Name]>>
  }

  /** Takes every descriptor that is left, or gives them back: how many. */
  async descriptors(verb: 'takeDescriptors' | 'giveDescriptorsBack'): Promise<unknown> {
    return this.script.ask(JSON.stringify([verb]))
  }
}
