// npx tsx examples/fastify/main.ts: as npm run example, on Fastify and without the page.
import '../express/quiet-libsignal.js'
import { runExample } from '../express/run-example.js'
import { startServer } from './server.js'

await runExample(startServer)
