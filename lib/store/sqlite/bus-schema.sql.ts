/**
 * Messages between processes. Within an event their numbers have no gaps, and the oldest go first,
 * so that a position is a number and what was lost is a difference. An event's row says what its
 * newest message is: whoever follows reads those alone. A subscription is served by the worker that
 * owns it, under its `fence`; `listeners` are callbacks that live only as long as their worker.
 */
export const busTables = `
CREATE TABLE messages (
  revision INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL,
  event TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  id TEXT NOT NULL,
  recipient TEXT,
  data TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX messages_number ON messages (namespace, event, number);

CREATE TABLE events (
  namespace INTEGER NOT NULL,
  event TEXT NOT NULL,
  published INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  unheard INTEGER NOT NULL,
  PRIMARY KEY (namespace, event),
  CHECK (kept >= 0 AND kept <= published)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_revision ON events (namespace, revision);

CREATE TABLE subscriptions (
  namespace INTEGER NOT NULL,
  event TEXT NOT NULL,
  name TEXT NOT NULL,
  position INTEGER NOT NULL,
  owner INTEGER,
  fence INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  crashes INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (namespace, event, name),
  CHECK (owner IS NULL OR fence > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE listeners (
  namespace INTEGER NOT NULL,
  event TEXT NOT NULL,
  worker INTEGER NOT NULL,
  PRIMARY KEY (namespace, event, worker)
) STRICT, WITHOUT ROWID;

CREATE TABLE letters (
  key INTEGER PRIMARY KEY,
  namespace INTEGER NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  name TEXT,
  message_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  error TEXT NOT NULL,
  path TEXT,
  attempts INTEGER NOT NULL,
  died_at INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX letters_id ON letters (namespace, id);
`;
