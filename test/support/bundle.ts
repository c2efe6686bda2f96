import { build } from 'esbuild'

/** Builds TypeScript files as plain JavaScript with all they import, in one file each: processes that run them start quickly. They end in `.mjs`. */
export async function bundle(entryPoints: readonly string[], folder: string): Promise<void> {
  await build({
    entryPoints: [...entryPoints],
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    outExtension: { '.js': '.mjs' },
    // Native code cannot be bundled; CommonJS asks for `require`.
    external: ['better-sqlite3', 'libsql', 'sharp', 'jimp', 'link-preview-js', 'audio-decode', 'pg-native'],
    minify: true,
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  })
}
