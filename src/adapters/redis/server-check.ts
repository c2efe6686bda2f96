/** What was found out about a server. */
export interface ServerFacts {
  /** What `INFO` says; `null` when the client may not ask. */
  info: string | null
  /** The save points, as `CONFIG GET save` says; `null` when it was not asked, or the client may not. */
  savePoints: string | null
}

/** Whether a server can be used. */
export interface ServerVerdict {
  /** Why it must not be used, in words; `null` when it may. */
  refusal: string | null
  /** What may lose sessions, in words. */
  warnings: readonly string[]
}

const UNKNOWN =
  'Redis does not let this user look at its settings (INFO), so it is unknown whether it evicts keys or loses them when it is restarted. It must not evict (maxmemory-policy noeviction) and should append to a file (appendonly yes).'

/** Whether more has to be asked: a server that appends to a file needs no save points. */
export function asksForSavePoints(info: string | null): boolean {
  return info !== null && field(info, 'aof_enabled') === '0'
}

/** Judges a server: credentials must not be lost without a word. */
export function judgeServer({ info, savePoints }: ServerFacts): ServerVerdict {
  if (info === null) return { refusal: null, warnings: [UNKNOWN] }
  const policy = field(info, 'maxmemory_policy') ?? ''
  const warnings: string[] = []
  if (policy.startsWith('volatile-')) {
    warnings.push(
      `Redis removes keys that have an expiry when its memory is full (maxmemory-policy ${policy}). This library gives its keys none; whatever else gives them one, such as a proxy, lets credentials be lost. Set maxmemory-policy to noeviction.`,
    )
  }
  if (asksForSavePoints(info)) warnings.push(...withoutFile(savePoints))
  return { refusal: refusalOf(info, policy), warnings }
}

function refusalOf(info: string, policy: string): string | null {
  if (field(info, 'cluster_enabled') === '1')
    return 'It is a Redis Cluster (cluster_enabled:1), which is not supported. Use a server without cluster mode, or one with replicas.'
  // Hosts have policies of their own.
  if (!/^(?:noeviction|volatile-.*|)$/u.test(policy))
    return `It removes any key when its memory is full (maxmemory-policy ${policy}), and so would lose credentials. Set maxmemory-policy to noeviction.`
  if (field(info, 'role') === 'slave')
    return 'It is a replica (role:slave), which may be behind its master. Let the client find the master, by Sentinel or by the name that your host gives for it.'
  return null
}

function withoutFile(savePoints: string | null): string[] {
  if (savePoints === null) {
    return [
      'Redis appends to no file (appendonly no), and this user may not ask whether it saves snapshots (CONFIG). Without any, all sessions are lost when it is restarted. Set appendonly to yes.',
    ]
  }
  if (savePoints !== '') return []
  return [
    'Redis keeps nothing on a disk (appendonly no, no save points): when it is restarted, all sessions are lost and have to be linked again. Set appendonly to yes.',
  ]
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'mu').exec(info)?.[1]
}
