export function guardLoopback(onOutside: (host: string) => void): void
