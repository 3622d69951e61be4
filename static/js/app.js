// Starts every small module. Pages work without this file; it only makes them quicker to use.
import { startTheme } from "./theme.js";
import { startToasts } from "./toasts.js";
import { startRequests } from "./requests.js";
import { startKeys } from "./keys.js";
import { startPalette } from "./palette.js";
import { startGrid } from "./grid.js";
import { startDialogs } from "./dialogs.js";
import { startForms } from "./forms.js";
import { startTimes } from "./times.js";
import { startInlineEdit } from "./inline-edit.js";
import { startUploads } from "./uploads.js";
import { startLive } from "./live.js";
import { startBoard } from "./board.js";
import { startTranscripts } from "./transcript.js";
import { startTabs } from "./tabs.js";
import "./player.js";
import "./combobox.js";

for (const start of [
  startTheme, startRequests, startToasts, startDialogs, startKeys, startPalette, startGrid, startForms, startTimes,
  startInlineEdit, startUploads, startBoard, startTranscripts, startLive, startTabs,
]) start();
