// Rows of tabs that are wider than the screen: the present one is brought into sight.
export function startTabs() {
  for (const row of document.querySelectorAll(".tabs")) {
    const present = row.querySelector("[aria-current]");
    if (present) row.scrollLeft = present.offsetLeft - row.offsetLeft - (row.clientWidth - present.offsetWidth) / 2;
  }
}
