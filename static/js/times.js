// Keeps relative times and running clocks true while a page stays open.
const UNITS = [[86400, "d"], [3600, "h"], [60, "m"]];
const WEEK = 604800;

export function relativeWords(seconds) {
  const size = Math.abs(seconds);
  if (size < 60) return "now";
  if (size >= WEEK) return null; // the server's date stays
  const [unit, word] = UNITS.find(([length]) => size >= length);
  const text = `${Math.floor(size / unit)}${word}`;
  return seconds > 0 ? text : `in ${text}`;
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

const age = (element) => (Date.now() - Date.parse(element.dateTime)) / 1000;

function refreshAges() {
  document.querySelectorAll("time[data-ago]").forEach((element) => {
    const words = relativeWords(age(element));
    if (words && element.textContent !== words) element.textContent = words;
  });
}

function refreshClocks() {
  document.querySelectorAll("time[data-clock]").forEach((element) => {
    element.textContent = clock(age(element));
  });
}

export function startTimes() {
  refreshClocks();
  setInterval(refreshClocks, 1000);
  setInterval(refreshAges, 30000);
  document.addEventListener("visibilitychange", refreshAges);
  document.addEventListener("htmx:afterSwap", refreshClocks);
}
