// libsignal, inside Baileys, prints whole sessions, private keys included. Everybody else may print.
for (const method of ['log', 'info', 'warn', 'error'] as const) {
  const print = console[method].bind(console)
  console[method] = (...values: unknown[]) => {
    const caller = new Error().stack?.split('\n')[2] ?? ''
    if (!/[\\/]libsignal[\\/]/.test(caller)) print(...values)
  }
}
