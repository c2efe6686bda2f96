/** What to install, for messages: npm by itself would take a version that this server does not work with. */
const INSTALL = 'npm i @whiskeysockets/baileys@7.0.0-rc14'

/** Thrown when Baileys is missing, or lacks something that the server is made of. */
export class UnsupportedBaileysError extends Error {
  // `isSessionError` of baileys-sessions goes by these two, so the server needs nothing of it.
  override readonly name = 'SessionError'
  readonly code = 'BAILEYS_UNSUPPORTED'

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem} Install a version that it is tested with (${INSTALL}), or pass one as the \`baileys\` option.`, options)
  }
}
