/** What limits are counted in. */
export const kibi = 1024;
export const mebi = 1024 * kibi;
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 3600 * secondMs;
export const dayMs = 24 * hourMs;
