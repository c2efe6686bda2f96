import type { proto } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.js'
import type { Connection } from '../connection/connection.js'
import { kickNode, type Kick } from '../faults/kick-node.js'
import type { ServerContext } from '../server-context.js'
import { nowInSeconds, SERVER_JID, stanza } from '../wire/binary-node.js'
import { lidJid } from '../wire/jid.js'

const NOT_WELCOME: Kick = { code: 401, via: 'failure' }

/** A client logs in with the keys of a device. */
export function onLogin(server: ServerContext, connection: Connection, wish: proto.IClientPayload): void {
  const deviceKey = `${String(wish.username ?? 0)}:${wish.device ?? 0}`
  connection.deviceKey = deviceKey
  Object.assign(connection.attempt, { purpose: 'login', deviceKey })
  server.journal.write('login', connection, { routingInfo: connection.routingInfo?.toString('utf8') ?? null })

  const faults = server.faults.of(deviceKey)
  if (faults.muteLogin) {
    mute(server, connection)
    return
  }
  const failure = server.faults.takeFailure(deviceKey)
  if (failure !== null) {
    refuse(server, connection, failure, `planned failure ${failure.code ?? ''}`.trimEnd())
    return
  }
  const device = findDevice(server, deviceKey)
  if (device === undefined) refuse(server, connection, NOT_WELCOME, 'unknown device')
  else if (device.removed) refuse(server, connection, NOT_WELCOME, 'device removed')
  else if (!device.noisePublicKey.equals(connection.noisePublicKey)) refuse(server, connection, NOT_WELCOME, 'noise key of another device')
  else connection.timers.later(faults.loginDelayMs, () => welcome(server, connection, device, wish.pushName ?? ''))
}

/** A half-paired client logs in as `phone:0`, which is no device key. */
function findDevice(server: ServerContext, deviceKey: string): Device | undefined {
  const [phone = '', number] = deviceKey.split(':')
  return server.accounts.find(phone)?.devices.get(Number(number))
}

function mute(server: ServerContext, connection: Connection): void {
  connection.muted = true
  Object.assign(connection.attempt, { outcome: 'muted', reason: 'login' })
  server.journal.write('muted-login', connection)
}

function refuse(server: ServerContext, connection: Connection, kick: Kick, reason: string): void {
  Object.assign(connection.attempt, { outcome: 'failed', reason })
  server.journal.write('login-failed', connection, { reason })
  connection.dismiss(kickNode(kick), kick.closeAfterMs)
}

function welcome(server: ServerContext, connection: Connection, device: Device, pushName: string): void {
  const deviceKey = `${device.phone}:${device.number}`
  const before = server.connections.setOnline(deviceKey, connection)
  if (before?.isOpen === true) {
    server.journal.write('replaced', before)
    before.dismiss(kickNode({ code: 440 }))
  }
  connection.phase = 'online'
  connection.attempt.outcome = 'success'
  if (pushName !== '') device.pushName = pushName
  const faults = server.faults.of(deviceKey)
  connection.slowMs = faults.slowMs
  if (faults.muteSuccess) {
    server.journal.write('muted-success', connection)
    return
  }
  sendSuccess(server, connection, device)
  server.journal.write('success', connection)
  server.journal.announce('login', { deviceKey, connection: connection.id })
}

function sendSuccess(server: ServerContext, connection: Connection, device: Device): void {
  const lid = server.accounts.account(device.phone).lid
  connection.send(
    stanza('success', {
      creation: '1700000000',
      location: 'lla',
      props: '27',
      abprops: '1',
      group_abprops: '1',
      t: nowInSeconds(),
      lid: lidJid(lid, device.number),
      display_name: device.pushName || 'Loop',
    }),
  )
  if (!server.settings.edgeRouting) return
  const routing = stanza('routing_info', {}, Buffer.from(`edge-${device.phone}`))
  connection.send(stanza('ib', { from: SERVER_JID }, [stanza('edge_routing', {}, [routing])]))
}
