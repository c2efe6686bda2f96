import { join } from 'node:path'
import { useMultiFileAuthState } from '@whiskeysockets/baileys/lib/Utils/use-multi-file-auth-state.js'
import type { AuthUnderTest } from './auth-under-test.js'
import { writeUntilKilled } from './write-until-killed.js'

writeUntilKilled(open)

async function open(directory: string): Promise<AuthUnderTest> {
  const {
    state: { creds, keys },
    saveCreds,
  } = await useMultiFileAuthState(join(directory, 'session-shop'))
  return {
    creds,
    // It says nothing of what it could not read: a new identity takes the place of creds, and keys are not there.
    problem: null,
    getKeys: async (type, ids) => keys.get(type, ids),
    setKeys: async (data) => keys.set(data),
    saveCreds,
    reopen: () => open(directory),
  }
}
