// Transcript times seek the player of the same call, and the line that is being heard is lit.
const playerOf = (list) => document.getElementById(list.dataset.player);

function light(list, now) {
  const lines = [...list.querySelectorAll(".say[data-at]")];
  const heard = now > 0 ? lines.filter((line) => Number(line.dataset.at) <= now).at(-1) : null;
  lines.forEach((line) => line.classList.toggle("now", line === heard));
}

export function startTranscripts() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".transcript[data-player] .say > a");
    const player = link && playerOf(link.closest(".transcript"));
    if (!player?.seek) return;
    event.preventDefault();
    player.seek(Number(link.closest(".say").dataset.at));
    if (player.audio.paused) player.toggle();
  });
  document.addEventListener("player:time", (event) => {
    const id = event.target.id;
    if (id) document.querySelectorAll(`.transcript[data-player="${CSS.escape(id)}"]`).forEach((list) => light(list, event.detail));
  });
}
