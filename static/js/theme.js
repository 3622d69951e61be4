// Light, dark or as the system says; kept in a cookie so that the server paints it right the first time.
const NAMES = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const ICONS = { system: "monitor", light: "sun", dark: "moon" };
const YEAR = 31536000;

export const setCookie = (name, value) => {
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `${name}=${value};path=/;max-age=${value ? YEAR : 0};samesite=lax${secure}`;
};

const current = () => document.documentElement.dataset.theme || "system";

const show = (button) => {
  const name = button.querySelector("[data-theme-name]");
  if (name) name.textContent = NAMES[current()];
  const use = button.querySelector("use");
  use?.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICONS[current()]}`));
};

export function startTheme() {
  const buttons = document.querySelectorAll("[data-theme-switch]");
  buttons.forEach(show);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (!button) return;
    const next = { system: "light", light: "dark", dark: "system" }[current()];
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    setCookie("theme", next === "system" ? "" : next);
    buttons.forEach(show);
  });
}
