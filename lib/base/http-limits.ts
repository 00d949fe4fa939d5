/** The HTTP server: what a client may send, and how long it may take. */
export const httpLimits = {
  /** DESIGN: where `serve` listens, and nobody else of the well-known ones does. */
  httpPort: 9321,
  /** DESIGN: a request's body. Larger payloads belong in files that jobs name. */
  httpBodyBytes: 1024 * 1024,
  /** Go's servers of the sources: 15 s for a request, 60 s for an idle connection. */
  httpRequestMs: 15_000,
  httpIdleMs: 60_000,
  /** All headers of a request: Node's own bound, said here. */
  httpHeaderBytes: 16 * 1024,
  /** Connections at once: each takes some 30 kB. */
  httpConnections: 10_000,
  /** A failed login is answered so much later, so that guessing takes its time. */
  httpLoginDelayMs: 250,
  /** Failed logins that are delayed at once; past it they are refused at once with 429. */
  httpLoginsDelayed: 1_000,
  /** Who takes nothing of a stream for so long is cut, and comes again where it stood. */
  httpStalledMs: 60_000,
  /** Between comments in a stream of events: proxies cut what is silent, nginx after 60 s. */
  httpEventBeatMs: 15_000,
  /**
   * Between two rounds of telling the followers of events: so long for each of them, five times
   * what its piece costs. A thousand wait the longest, which is what DESIGN allows for the events
   * of other processes.
   */
  httpEventFollowerMs: 0.1,
  httpEventPaceMs: 100,
  /** Followers told in one turn of the loop, which takes 2 ms. */
  httpEventFollowersTurn: 100,
  /** Events that wait for one piece, 250 bytes each; past it the follower's own buffer has them. */
  httpEventsGathered: 1_000,
  /**
   * Names of queues and of jobs that `/metrics` tells apart, some 30 lines each; the others are
   * summed as one.
   */
  metricLabels: 200,
  /** gocraft/work's own page has 20 jobs, and counts on them. */
  gocraftPageRows: 20,
  /** Jobs that are put in order for one of its numbered pages: ten reads, some 50 ms. */
  gocraftRankedRows: 10_000,
  /** Of one process, 30 bytes each; more have no row of their own in its page. */
  gocraftWorkerIds: 1_000,
  /** go-crontab's own page asks for no number of lines, and gets 20. */
  crontabLogRows: 20,
  /** Runs that a request for its log may pass over: ten reads. */
  crontabSkipRows: 10_000,
  /** Jobs in its list, which has no pages: 1 MB of JSON. */
  crontabJobs: 10_000,
  /** Its kill answers at once; ours says what came of it where that takes no longer. */
  crontabKillMs: 2_000,
  /** Secrets of one server, each with its name and rights. */
  httpSecrets: 100,
  /** The shortest secret; as long as two words, or 48 random bits. */
  httpSecretChars: 8,
  /** A cursor holds a name at most: 200 characters of three bytes, as base64. */
  httpCursorChars: 1_000,
  /** DESIGN: a ticket's life; time enough to open a stream after a page has got it. */
  httpTicketMs: 30_000,
  /** Tickets that wait for their use, 200 bytes each: 300 a second. */
  httpTickets: 10_000,
  /** While a server closes it looks so often for connections whose requests have ended. */
  httpSweepMs: 20,
  /** The longest that a request waits for a job's end: proxies cut what is silent for 30 s. */
  httpWaitMs: 25_000,
  /** Jobs that a bulk retry names as left out: 600 kB of JSON. Past it they are only counted. */
  httpTakenRows: 10_000,
  /** Keys whose requests are known whole, 200 bytes each: as many as a client may send again. */
  httpKeys: 20_000,
  /** Of an Idempotency-Key: a UUID has 36, a URL with one has room. */
  httpKeyChars: 255,
  /** Open requests have so long to end when the server closes; then they are cut. */
  httpCloseMs: 2_000,
  /** A client over HTTP waits so long for an answer, unless it says otherwise. */
  clientTimeoutMs: 30_000,
  /** What moves many jobs may take so much longer; fetch itself gives up after five minutes. */
  clientBulkMs: 270_000,
  /** A stream of events that is silent for longer than two of its beats is lost. */
  clientSilentMs: 40_000,
  /** Between tries to go on with a lost stream of events, and for how long it tries. */
  clientRetryMs: 1_000,
  clientReconnectMs: 300_000,
  /** One event on its way to a client: none of ours comes near, only what no server of ours is. */
  clientEventChars: 1024 * 1024,
} as const;
