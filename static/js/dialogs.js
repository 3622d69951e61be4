// Dialogs and menus: command/commandfor and anchored popovers where the browser has not got them itself,
// links that open as dialogs, and moving in menus by arrow keys.
const hasCommands = "commandForElement" in HTMLButtonElement.prototype;
const hasAnchors = CSS.supports("position-area: block-end");

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
  return dialog;
}

function command(button) {
  const target = document.getElementById(button.getAttribute("commandfor"));
  if (!(target instanceof HTMLDialogElement)) return;
  if (button.getAttribute("command") === "show-modal") openDialog(target.id);
  else if (button.getAttribute("command") === "close") target.close();
}

function place(menu, button) {
  const at = button.getBoundingClientRect();
  const right = menu.classList.contains("end") ? at.right - menu.offsetWidth : at.left;
  const left = Math.max(8, Math.min(right, innerWidth - menu.offsetWidth - 8));
  const below = at.bottom + 4 + menu.offsetHeight < innerHeight;
  menu.style.left = `${left}px`;
  menu.style.top = below ? `${at.bottom}px` : `${Math.max(8, at.top - menu.offsetHeight - 8)}px`;
}

function moveInMenu(event) {
  const menu = event.target.closest?.(".menu[popover]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const items = [...menu.querySelectorAll("a, button:not([disabled]), input")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  items.at(to % items.length)?.focus();
  event.preventDefault();
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    if (button && !hasCommands) command(button);
    const link = event.target.closest("[data-dialog]");
    if (link && !event.metaKey && !event.ctrlKey && openDialog(link.dataset.dialog)) event.preventDefault();
    if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close(); // the veil was clicked
  });
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.(".menu[popover]") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${event.target.id}"]`);
    if (button && !hasAnchors) place(event.target, button);
    event.target.querySelector("a, button, input")?.focus({ preventScroll: true });
  }, true);
  document.addEventListener("keydown", moveInMenu);
}
