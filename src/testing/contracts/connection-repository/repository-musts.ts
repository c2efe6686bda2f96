/** What the documentation of `ConnectionRepository` demands, in its words; a test compares. */
export const REPOSITORY_MUST = {
  unknown: 'resolve `find` with `null` for an unknown id, and reject when it could not look; no call resolves that was not carried out',
  insert: 'insert on `save` when there is no record, with `disconnected`, `null`, `{}` and the time of the call for what is not given',
  partial: "change only the fields that are given when there is one: the application's own columns and the metadata stay",
  given: '`null` is given and `undefined` is not; `metadata` is one field, replaced as a whole; the id is that of the call',
  atOnce: 'lose no field when several saves come at once',
  all: 'resolve `findAll` with all records, each once, not only the active ones',
  faithful: 'give back what was saved: dates as `Date`s, metadata as the JSON that it was',
  copies: 'take and hand out copies: what a caller does to its objects later changes nothing',
  distinct: 'keep distinct ids distinct, whatever characters they hold',
  delete: 'remove with `delete` one record and no other, and make `delete` of an unknown id succeed',
  durable: 'resolve `save` and `delete` only when the change survives the end of the process (a memory repository: its own lifetime)',
} as const
