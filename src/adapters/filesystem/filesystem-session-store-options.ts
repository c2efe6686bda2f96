/** Where a {@link FileSystemSessionStore} keeps its sessions. */
export interface FileSystemSessionStoreOptions {
  /** The folder that holds one folder for each session. It is made, for this user alone, when it is missing. */
  directory: string
  /**
   * What the name of each session's folder begins with: ASCII letters, digits, `_`, `-`, `.` or spaces, no dot or space in
   * front, at most 64 characters. Empty when the folders are named after the session alone; then every folder in
   * `directory` is taken for a session.
   *
   * @defaultValue 'session-'
   */
  prefix?: string
}

const PREFIX = /^(?:[A-Za-z0-9_-][A-Za-z0-9_. -]{0,63})?$/

/** The options with their defaults. Throws for one that cannot be used. */
export function resolveOptions(options: FileSystemSessionStoreOptions): Required<FileSystemSessionStoreOptions> {
  const { directory } = options
  const prefix = options.prefix ?? 'session-'
  if (typeof directory !== 'string') throw new TypeError(`directory must be a path, not ${typeof directory}.`)
  if (directory === '' || directory.includes('\0')) throw new RangeError(`directory must be a path that is not empty, not ${JSON.stringify(directory)}.`)
  if (typeof prefix !== 'string') throw new TypeError(`prefix must be a text, not ${typeof prefix}.`)
  if (!PREFIX.test(prefix)) throw new RangeError(`prefix must be at most 64 letters, digits, "_", "-", "." or spaces, without a dot or space in front, not ${JSON.stringify(prefix)}.`)
  return { directory, prefix }
}
