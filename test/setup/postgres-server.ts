// A PostgreSQL server for all tests that need no server of their own. Each makes a schema of its own in it.
import type { TestProject } from 'vitest/node'
import { PostgresServer } from '../support/postgres-server.js'

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string
  }
}

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await PostgresServer.start()
  project.provide('postgresUrl', server.url)
  return () => server[Symbol.asyncDispose]()
}
