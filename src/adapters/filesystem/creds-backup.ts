/** The file of a session's creds. */
export const CREDS_FILE = 'creds.json'

/** A copy of the creds as this store wrote them last. */
export const BACKUP_FILE = '.creds.backup.json'
