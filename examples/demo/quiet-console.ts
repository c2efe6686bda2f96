// libsignal, inside Baileys, prints whole sessions with console.*, private keys included. The demo itself never uses console.
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[method] = () => undefined

export {}
