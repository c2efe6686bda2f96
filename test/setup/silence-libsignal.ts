// What libsignal prints in tests would hide what they have to say.
import { quietLibsignal } from '../../src/socket/workarounds/quiet-libsignal.js'

quietLibsignal()
