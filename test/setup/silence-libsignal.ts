// libsignal, inside Baileys, prints whole sessions, private keys included. Whatever else is printed stays visible.
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

for (const method of METHODS) {
  const print = console[method].bind(console)
  console[method] = (...values: unknown[]) => {
    if (!calledByLibsignal()) print(...values)
  }
}

function calledByLibsignal(): boolean {
  return /[\\/]node_modules[\\/]libsignal[\\/]/u.test(new Error().stack ?? '')
}
