import net from 'node:net'

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1|::ffff:127(?:\.\d+){3})$/u

/** Keeps this process to its own machine: every connection to another fails, and is told. */
export function guardLoopback(onOutside) {
  const { connect } = net.Socket.prototype
  net.Socket.prototype.connect = function (...values) {
    const host = hostOf(values)
    if (host !== undefined && !LOOPBACK.test(host)) {
      onOutside(host)
      throw new Error(`Tests ask nobody outside of this machine, but something connects to ${host}.`)
    }
    return connect.apply(this, values)
  }
}

/** The host in any form of what `connect` takes; without one it is this machine. */
function hostOf([first, second]) {
  if (Array.isArray(first)) return hostOf(first)
  if (typeof first === 'object' && first !== null) return first.path === undefined || first.path === null ? (first.host ?? undefined) : undefined
  return typeof second === 'string' ? second : undefined
}
