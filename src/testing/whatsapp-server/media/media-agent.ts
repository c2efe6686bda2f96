import { Agent } from 'node:https'
import { connect } from 'node:net'

/**
 * Baileys uploads media over HTTPS only. This agent dials the server's port instead, without TLS and whatever host was asked for, so
 * no certificate is needed and nothing leaves the machine.
 */
export function mediaAgent(port: number): Agent {
  return Object.assign(new Agent(), { createConnection: () => connect(port, '127.0.0.1') })
}
