/** Whether tests try every case of which they otherwise take some of each kind: `LONG=1 npm run test:full`. */
export const isLong: boolean = process.env['LONG'] === '1'
