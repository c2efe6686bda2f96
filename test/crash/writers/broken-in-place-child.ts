import { InPlaceStore } from './broken-store.js'
import { openAuthState } from './open-auth-state.js'
import { writeUntilKilled } from './write-until-killed.js'

writeUntilKilled((directory) => openAuthState(new InPlaceStore(directory)))
