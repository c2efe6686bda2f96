// WhatsApp on loopback: what real Baileys pairs with, logs in to, and is kicked by.
export * from './whatsapp-server/index.js'

// Which sessions of a store were linked there.
export { findRealSession, findSimulatedSession, simulated, SIMULATION_KEY } from './simulated-sessions.js'

// A Baileys to drive from a test.
export { FakeBaileys, type FakeBaileysOptions, type FakeProto, pairedCreds } from './fake-baileys.js'
export { FakeSocket } from './fake-socket.js'
export { type FakeAuthState, type FakeOpenOptions, type FakeSentMessage, type FakeSocketOptions } from './fake-socket-options.js'
export { type FakeMessageContent, type FakeMessageOptions } from './fake-message.js'
export { type FakeDevice } from './fake-creds.js'
export { FakeBoom, type FakeBoomOptions, type FakeCloseDetails, type FakeCloseReason } from './fake-boom.js'
export { type FakeEnding, FakeRawSocket, FakeWebSocket } from './fake-web-socket.js'
export { type FakeEvents, FakeSocketEvents } from './fake-events.js'
export { type BufferJson } from './fake-buffer-json.js'

// What any implementation of a port must keep, as cases for any test runner.
export { sessionStoreContract } from './contracts/session-store/session-store-contract.js'
export type { SessionStoreContractHooks } from './contracts/session-store/session-store-hooks.js'
export { sessionLockContract } from './contracts/session-lock/session-lock-contract.js'
export type { SessionLockContractHooks } from './contracts/session-lock/session-lock-hooks.js'
export { lockClusterContract } from './contracts/lock-cluster/lock-cluster-contract.js'
export { connectionRepositoryContract } from './contracts/connection-repository/connection-repository-contract.js'
export type { ConnectionRepositoryContractHooks } from './contracts/connection-repository/connection-repository-hooks.js'
export type { ContractCase } from './contracts/contract-case.js'
