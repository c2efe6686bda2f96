const COLUMNS = ['Node', 'Baileys', 'tests', 'passed', 'failed', 'skipped', 'seconds']

/** The table at the end, for people. */
export function tableOf(runs) {
  const rows = runs.map(({ node, baileys, suite, result }) =>
    [node, baileys, suite, ...(result === undefined ? ['-', '-', '-', '-'] : [result.passed, result.failed.length, result.skipped.length, result.seconds])].map(String))
  const widths = COLUMNS.map((name, index) => Math.max(name.length, ...rows.map(row => row[index].length)))
  const line = cells => cells.map((cell, index) => index < 3 ? cell.padEnd(widths[index]) : cell.padStart(widths[index])).join('  ').trimEnd()
  return [line(COLUMNS), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** What was skipped and why, each reason once. */
export function skippedOf(runs) {
  const places = new Map()
  for (const { node, baileys, result } of runs) {
    for (const { name, why } of result?.skipped ?? []) {
      const entry = `${name}${why === '' ? '' : `: ${why}`}`
      places.set(entry, [...places.get(entry) ?? [], { node, baileys }])
    }
  }
  return [...places].map(([entry, where]) => ({ entry, where: where.map(({ node, baileys }) => `Node ${node}, Baileys ${baileys}`).join('; ') }))
}
