/** What was read of a branch of Baileys that no release has yet. Read it again when it moves, and delete what a release then settles. */
export const UPCOMING_BAILEYS = [
  "## What comes with Baileys' `develop`",
  'Read, not run, at commit `e70697f` of 22 May 2026: fourteen commits about what goes wrong when several things happen at once. 7.0.0-rc14 has none of it, and it may still change before it is released. The library finds out what a Baileys can do by trying it, so `npm run test:matrix` tells more on the day of a release.',
  [
    ['there', 'what it means here'],
    ['---', '---'],
    [
      '`transactWith({ records }, work)` locks single records, in a fixed order; `transaction(work, key)` stays, and is to go in version 8',
      "Nothing to do. Baileys builds both around the plain `get` and `set` that a session's auth state has, and a commit is still one `set`, so one write of the store. Do not implement `transactWith` in a store",
    ],
    [
      'Sending holds no lock on the whole account any more, only one on each contact',
      'Messages to different contacts no longer wait for each other. A `stop` or `close` that comes while something is sent waits until the keys are left alone, but no longer for the end of that send: await your `sendMessage` before you close',
    ],
    [
      'Optional `list(type)` and `listIds(type)` of the keys',
      'The auth state of a session has neither, and Baileys works without them: only its `migrateAuthState` needs `list`, of where it reads. `SessionStore` has `records`, and `copySessions` moves sessions between stores',
    ],
    ['`makeCacheableSignalKeyStore` stores first, and caches only what was stored', 'This library does not use it, and needs no cache around its keys'],
    [
      '`useSqliteAuthState({ dbPath })`: one file for each account, with a table `creds` of one row and a table `signal_keys` of type, id and value',
      'Another layout than that of `SqliteSessionStore`, so do not open one with the other. The values are the same JSON as everywhere: the row of `creds` is the record `creds`, and each row of `signal_keys` is a record of its type and id. It has no lock, so no two processes may dial with it, and it makes a new identity when it finds none',
    ],
    [
      '`useMultiFileAuthState` writes to `<name>.tmp`, keeps the file before it as `<name>.bak`, then renames; a damaged file is an `AuthFileCorruptError`',
      'The names and contents of the files are as before, so `FileSystemSessionStore` takes such a folder. It does not read `.bak` and `.tmp`. If stock code was killed between its two renames, there is a `creds.json.bak` and no `creds.json`: rename it before you start, or the session is `never_paired`. Do **not** do so with files of keys, which are rolled back by it',
    ],
    [
      'Both of its auth states become an optional choice beside your own; the first is deprecated for production',
      '`FileSystemSessionStore` keeps its format, and going back to stock code stays possible',
    ],
    [
      'One `AsyncLocalStorage` for each socket is still there',
      '[The remedy](scale.md#what-the-remedy-does) stays, and still finds out by itself whether it is needed',
    ],
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n'),
]
