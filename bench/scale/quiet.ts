// libsignal, inside Baileys, prints whole sessions, private keys included. Whatever else is printed stays visible.
for (const method of ['log', 'info', 'warn', 'error'] as const) {
  const print = console[method].bind(console)
  console[method] = (...values: unknown[]) => {
    if (!/[\\/]libsignal[\\/]/u.test(new Error().stack?.split('\n')[2] ?? '')) print(...values)
  }
}
