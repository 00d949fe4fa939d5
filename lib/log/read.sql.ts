/**
 * In the order of writing, from a chunk on; `:attempt` null: all attempts; `:limit` -1: no end,
 * for a chunk that lies across a range may have no line in it.
 */
export const readForward = `
  SELECT no, attempt, at, last_at AS lastAt, lines, bytes, body FROM log_chunk
  WHERE space = :space AND job = :job AND no >= :no AND (:attempt IS NULL OR attempt = :attempt)
    AND last_at >= :from AND at < :until
  ORDER BY no LIMIT :limit`;

export const readBackward = `
  SELECT no, attempt, at, last_at AS lastAt, lines, bytes, body FROM log_chunk
  WHERE space = :space AND job = :job AND (:attempt IS NULL OR attempt = :attempt)
    AND last_at >= :from AND at < :until
  ORDER BY no DESC LIMIT :limit`;

export const anyForgotten = "SELECT 1 FROM log_forgotten LIMIT 1";

export const findForgotten = "SELECT at FROM log_forgotten WHERE space = ? AND job = ?";
