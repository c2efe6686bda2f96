// npm run example: WhatsApp for many companies, with a page. npm run example -- --help tells the rest.
import './quiet-libsignal.js'
import { runExample } from './run-example.js'
import { startServer } from './server.js'

await runExample(startServer)
