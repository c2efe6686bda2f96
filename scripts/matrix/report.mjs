const COLUMNS = ['Node', 'Baileys', 'tests', 'passed', 'again', 'failed', 'skipped', 'seconds']

/** The table at the end, for people to read. */
export function tableOf(runs) {
  const rows = runs.map(({ node, baileys, suite, result }) =>
    [
      node,
      baileys,
      suite,
      ...(result === undefined ? ['-', '-', '-', '-', '-'] : [result.passed, result.again, result.failed.length, result.skipped.length, result.seconds]),
    ].map(String),
  )
  const widths = COLUMNS.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index].length)))
  const line = (cells) =>
    cells
      .map((cell, index) => (index < 3 ? cell.padEnd(widths[index]) : cell.padStart(widths[index])))
      .join('  ')
      .trimEnd()
  return [line(COLUMNS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** What was skipped: each reason once, with the tests and where; a test without a reason is listed by itself. */
export function skippedOf(runs) {
  const entries = new Map()
  for (const { node, baileys, result } of runs) {
    for (const { name, why } of result?.skipped ?? []) {
      const entry = entries.get(why || name) ?? { why: why || name, names: new Set(), where: new Set() }
      entry.names.add(name)
      entry.where.add(`Node ${node} with Baileys ${baileys}`)
      entries.set(entry.why, entry)
    }
  }
  return [...entries.values()].map(({ why, names, where }) => ({ why, names: [...names].filter((name) => name !== why), where: [...where].join(', ') }))
}
