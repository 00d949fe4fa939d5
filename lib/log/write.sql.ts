export const readNextNo = "SELECT next_no FROM ergate_log WHERE id = 1";

export const writeNextNo = "UPDATE ergate_log SET next_no = ? WHERE id = 1";

export const insertChunk = `
  INSERT INTO log_chunk (no, space, job, attempt, at, last_at, lines, bytes, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const addSpaceBytes = "UPDATE log_space SET bytes = bytes + ? WHERE id = ?";

export const readSpaceBytes = "SELECT bytes FROM log_space WHERE id = ?";

export const findJobChunks = `
  SELECT no, lines, bytes FROM log_chunk
  WHERE space = ? AND job = ? ORDER BY no LIMIT ?`;

export const findOldestChunks = `
  SELECT no, last_at AS lastAt, lines, bytes FROM log_chunk INDEXED BY log_chunk_age
  WHERE space = ? ORDER BY no LIMIT ?`;

export const deleteChunk = "DELETE FROM log_chunk WHERE no = ?";

export const insertForgotten = `
  INSERT INTO log_forgotten (space, job, at) VALUES (?, ?, ?)
  ON CONFLICT DO UPDATE SET at = excluded.at`;

export const dropForgotten = "DELETE FROM log_forgotten WHERE at < ?";
