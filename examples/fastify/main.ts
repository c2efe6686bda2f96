// npx tsx examples/fastify/main.ts: like npm run example, on Fastify and without the page.
import { quietLibsignal } from 'baileys-sessions'
import { runExample } from '../express/run-example.js'
import { startServer } from './server.js'

quietLibsignal()
await runExample(startServer)
