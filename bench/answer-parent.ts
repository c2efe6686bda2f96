/** Answers each message of the process that started this script, which asks one thing after the other. Ends with it. */
export function answerParent(work: (order: never) => Promise<object>): void {
  process.on('message', (order) => {
    // What that process sends is what the script takes.
    work(order as never).then(
      (answer) => process.send?.(answer),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.once('disconnect', () => process.exit(0))
}
