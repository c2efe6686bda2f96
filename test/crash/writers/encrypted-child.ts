import { FileSystemSessionStore } from '../../../src/adapters/filesystem/filesystem-session-store.js'
import { encrypted } from '../../../src/encryption/encrypted-session-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

// Every process of a session needs the same key.
const keys = { main: Buffer.alloc(32, 7) }

writeUntilKilled((directory) => openAuthState(encrypted(new FileSystemSessionStore({ directory }), { keys, currentKeyId: 'main' })))
