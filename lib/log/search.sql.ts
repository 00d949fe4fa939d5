/** Of what stands outside of the namespace or the times no body is read; it counts as a look. */
const columns = `
  c.no, c.job AS id, c.attempt, c.at, c.last_at AS lastAt, c.lines, c.bytes,
  CASE WHEN c.space = :space AND c.last_at >= :from AND c.at < :until THEN c.body END AS body`;

export const walkJob = `
  SELECT ${columns} FROM log_chunk c
  WHERE c.space = :space AND c.job = :job AND c.no <= :high ORDER BY c.no DESC`;

/** What is not in the index yet. */
export const walkTail = `
  SELECT ${columns} FROM log_chunk c
  WHERE c.no > :indexed AND c.no <= :high ORDER BY c.no DESC`;

export const walkFound = `
  SELECT ${columns} FROM log_word w CROSS JOIN log_chunk c ON c.no = w.rowid
  WHERE w.log_word MATCH :match AND w.rowid <= :high ORDER BY w.rowid DESC`;

export const readPosition = "SELECT no FROM log_indexed WHERE id = 1";

export const writePosition = "UPDATE log_indexed SET no = ? WHERE id = 1";

/** By number, which is the order of storing over all namespaces. */
export const walkNext = `
  SELECT no, attempt, at, bytes, body FROM log_chunk WHERE no > ? ORDER BY no LIMIT ?`;

/** A chunk that was deleted since it was read gets no words. */
export const insertWords =
  "INSERT INTO log_word (rowid, words) SELECT no, ? FROM log_chunk WHERE no = ?";

export const deleteWords = "DELETE FROM log_word WHERE rowid = ?";
