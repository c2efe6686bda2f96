// A Baileys to drive from a test.
export { FakeBaileys, type FakeBaileysOptions, type FakeProto, pairedCreds } from './fake-baileys.js'
export { FakeSocket, type FakeSocketOptions } from './fake-socket.js'
export { type FakeDevice } from './fake-creds.js'
export { FakeBoom, type FakeBoomOptions, type FakeCloseDetails, type FakeCloseReason } from './fake-boom.js'
export { type FakeEnding, FakeRawSocket, FakeWebSocket } from './fake-web-socket.js'
export { FakeSocketEvents } from './fake-events.js'
export { type BufferJson } from './fake-buffer-json.js'
