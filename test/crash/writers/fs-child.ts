import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

writeUntilKilled((directory) => openAuthState(new FileSystemSessionStore({ directory })))
