import type { Command } from "./command.ts";
import { schedulesAdd } from "./schedule-add.ts";
import { schedulesHistory } from "./schedule-history.ts";
import { schedulesLs } from "./schedule-list.ts";
import { schedulesEnd, schedulesPause, schedulesResume, schedulesRm } from "./schedule-moves.ts";
import { schedulesPreview } from "./schedule-preview.ts";
import { schedulesShow } from "./schedule-show.ts";
import { schedulesTrigger } from "./schedule-trigger.ts";

export const schedules: readonly Command[] = [
  schedulesLs,
  schedulesShow,
  schedulesAdd,
  schedulesRm,
  schedulesEnd,
  schedulesPause,
  schedulesResume,
  schedulesTrigger,
  schedulesPreview,
  schedulesHistory,
];
