/** Statements of messages between processes: a constant each. */

const eventColumns = "event, published, revision, kept, bytes, unheard";
const messageColumns = "number, revision, id, event, data, at, recipient";
const subscriptionColumns = `event, name, position, owner, fence, attempts, retry_at, begun,
  crashes, delivered, failed, dead, lost, created_at`;
const letterColumns =
  "id, event, name, message_id, revision, data, at, reason, error, path, attempts, died_at";

export const eventByName = `
SELECT ${eventColumns} FROM events WHERE namespace = ? AND event = ?`;
export const allEvents = `SELECT ${eventColumns} FROM events WHERE namespace = ? ORDER BY event`;
export const eventsSince = `
SELECT ${eventColumns} FROM events INDEXED BY events_revision
WHERE namespace = ? AND revision > ? ORDER BY revision LIMIT ?`;
export const saveEvent = `
INSERT INTO events (namespace, ${eventColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET published = excluded.published, revision = excluded.revision,
  kept = excluded.kept, bytes = excluded.bytes, unheard = excluded.unheard`;

export const insertMessage = `
INSERT INTO messages (namespace, ${messageColumns}, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const messagesAfter = `
SELECT ${messageColumns} FROM messages
WHERE namespace = ? AND event = ? AND number > ? ORDER BY number LIMIT ?`;
export const oldestMessages = `
SELECT number, at, bytes FROM messages
WHERE namespace = ? AND event = ? ORDER BY number LIMIT ?`;
export const dropMessages = `
DELETE FROM messages WHERE namespace = ? AND event = ? AND number <= ?`;

export const subscriptionByKey = `
SELECT ${subscriptionColumns} FROM subscriptions WHERE namespace = ? AND event = ? AND name = ?`;
export const subscriptionsOfEvent = `
SELECT ${subscriptionColumns} FROM subscriptions
WHERE namespace = ? AND event = ? ORDER BY name`;
export const allSubscriptions = `
SELECT ${subscriptionColumns} FROM subscriptions WHERE namespace = ? ORDER BY event, name`;
/** Only for a new one. */
export const countSubscriptions = `
SELECT COUNT(*) AS count FROM subscriptions WHERE namespace = ?`;
export const saveSubscription = `
INSERT INTO subscriptions (namespace, ${subscriptionColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position, owner = excluded.owner,
  fence = excluded.fence, attempts = excluded.attempts, retry_at = excluded.retry_at,
  begun = excluded.begun, crashes = excluded.crashes,
  delivered = excluded.delivered, failed = excluded.failed, dead = excluded.dead,
  lost = excluded.lost`;
export const deleteSubscription = `
DELETE FROM subscriptions WHERE namespace = ? AND event = ? AND name = ?`;
/** A thousand rows at most, and only when a worker goes: no index by owner is worth its upkeep. */
export const freeSubscriptionsOf = "UPDATE subscriptions SET owner = NULL WHERE owner = ?";

export const listenerOf = `
SELECT 1 FROM listeners WHERE namespace = ? AND event = ? LIMIT 1`;
export const insertListener = `
INSERT INTO listeners (namespace, event, worker) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`;
export const deleteListenersOf = "DELETE FROM listeners WHERE worker = ?";

export const letterById = `SELECT ${letterColumns} FROM letters WHERE namespace = ? AND id = ?`;
export const lettersBefore = `
SELECT ${letterColumns} FROM letters
WHERE namespace = ? AND id < ? ORDER BY id DESC LIMIT ?`;
/** One whose acknowledgement is sent again, since nobody heard of its commit, is there. */
export const insertLetter = `
INSERT INTO letters (namespace, ${letterColumns})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
export const deleteLetter = "DELETE FROM letters WHERE namespace = ? AND id = ?";
export const countLetters = "SELECT COUNT(*) AS count FROM letters WHERE namespace = ?";
/** Ten thousand at most, each half a minute. */
export const dropOldLetters = "DELETE FROM letters WHERE namespace = ? AND died_at <= ?";
export const dropLettersPast = `
DELETE FROM letters WHERE key IN (
  SELECT key FROM letters WHERE namespace = ? ORDER BY id DESC LIMIT -1 OFFSET ?)`;
