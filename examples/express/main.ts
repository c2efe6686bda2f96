// npm run example: WhatsApp for many companies, with a page. npm run example -- --help explains the rest.
import { quietLibsignal } from 'baileys-sessions'
import { serveCluster } from './cluster/processes.js'
import { runExample } from './run-example.js'
import { startServer } from './server.js'

quietLibsignal()
await runExample(startServer, serveCluster)
