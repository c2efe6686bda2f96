// What libsignal prints in tests would hide what they have to say.
import { quietLibsignal } from '../../src/baileys/quiet-libsignal.js'

quietLibsignal()
