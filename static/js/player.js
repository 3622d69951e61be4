// <call-player>: the plain <audio> inside becomes a waveform with seeking by mouse and keys, speed and time.
// Bars come from data-peaks (0–100, comma separated) or, when there are none, from the sound itself at first play.
import { clock } from "./times.js";

const BARS = 96;
const SPEEDS = [1, 1.25, 1.5, 2, 0.75];
const SVG = "http://www.w3.org/2000/svg";
const DECODE_LIMIT = 12 * 1048576;

function peaksOf(buffer) {
  const samples = buffer.getChannelData(0);
  const step = Math.max(1, Math.floor(samples.length / BARS));
  const tops = Array.from({ length: BARS }, (_, bar) => {
    let top = 0;
    for (let at = bar * step; at < (bar + 1) * step; at += 16) top = Math.max(top, Math.abs(samples[at] || 0));
    return top;
  });
  const most = Math.max(...tops, 0.01);
  return tops.map((top) => (top / most) * 100);
}

function button(icon, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = icon ? "btn icon" : "btn ghost sm num";
  made.setAttribute("aria-label", label);
  if (icon) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    svg.append(document.createElementNS(SVG, "use"));
    made.append(svg);
  }
  return made;
}

class CallPlayer extends HTMLElement {
  connectedCallback() {
    this.audio = this.querySelector("audio");
    if (!this.audio || this.classList.contains("ready")) return;
    this.sprite = document.querySelector("svg.i use")?.getAttribute("href").replace(/#.*/, "") || "/static/icons.svg";
    this.play = button("play", "Play recording");
    this.speed = button("", "Speed 1×");
    this.speed.textContent = "1×";
    this.time = Object.assign(document.createElement("span"), { className: "time" });
    this.wave = Object.assign(document.createElement("div"), { className: "wave", tabIndex: 0, role: "slider" });
    this.wave.setAttribute("aria-label", "Position");
    this.wave.setAttribute("aria-valuemin", "0");
    this.draw((this.dataset.peaks || "").split(",").filter(Boolean).map(Number));
    this.append(this.play, this.wave, this.time, this.speed);
    this.classList.add("ready");
    this.listen();
    this.show();
  }

  get length() { return Number.isFinite(this.audio.duration) ? this.audio.duration : Number(this.dataset.seconds) || 0; }

  draw(peaks) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${BARS * 4} 28`);
    svg.setAttribute("preserveAspectRatio", "none");
    this.bars = Array.from({ length: BARS }, (_, at) => {
      const height = Math.max(2, ((peaks.length ? peaks[Math.floor((at * peaks.length) / BARS)] : 8) / 100) * 28);
      const bar = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: at * 4, y: 14 - height / 2, width: 2, height, rx: 1 })) bar.setAttribute(name, value);
      svg.append(bar);
      return bar;
    });
    this.wave.replaceChildren(svg);
  }

  listen() {
    this.play.addEventListener("click", () => this.toggle());
    this.speed.addEventListener("click", () => this.faster());
    this.wave.addEventListener("pointerdown", (event) => { this.wave.setPointerCapture(event.pointerId); this.point(event); });
    this.wave.addEventListener("pointermove", (event) => { if (event.buttons) this.point(event); });
    this.wave.addEventListener("keydown", (event) => this.onKey(event));
    for (const name of ["timeupdate", "play", "pause", "ended", "loadedmetadata"]) this.audio.addEventListener(name, () => this.show());
    this.audio.addEventListener("error", () => { this.time.className = "time failed"; this.time.textContent = "Recording not available"; });
  }

  toggle() {
    if (!this.dataset.peaks && !this.decoded) this.decode();
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  async decode() {
    this.decoded = true;
    const answer = await fetch(this.audio.src).catch(() => null);
    if (!answer?.ok || Number(answer.headers.get("Content-Length")) > DECODE_LIMIT) return;
    const sound = new OfflineAudioContext(1, 8000, 8000);
    const buffer = await sound.decodeAudioData(await answer.arrayBuffer()).catch(() => null);
    if (buffer) { this.draw(peaksOf(buffer)); this.show(); }
  }

  faster() {
    const next = SPEEDS[(SPEEDS.indexOf(this.audio.playbackRate) + 1) % SPEEDS.length];
    this.audio.playbackRate = next;
    this.speed.textContent = `${next}×`;
    this.speed.setAttribute("aria-label", `Speed ${next}×`);
  }

  point(event) {
    const box = this.wave.getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.length);
  }

  onKey(event) {
    const now = this.audio.currentTime;
    const to = { ArrowLeft: now - 5, ArrowRight: now + 5, PageDown: now - 30, PageUp: now + 30, Home: 0, End: this.length }[event.key];
    if (to !== undefined) this.seek(to);
    else if (event.key === " " || event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }

  seek(seconds) { this.audio.currentTime = Math.max(0, Math.min(this.length || seconds, seconds)); this.show(); }

  show() {
    const { currentTime: now, paused } = this.audio;
    this.play.querySelector("use").setAttribute("href", `${this.sprite}#${paused ? "play" : "pause"}`);
    this.play.setAttribute("aria-label", paused ? "Play recording" : "Pause recording");
    this.time.textContent = `${clock(now)} / ${clock(this.length)}`;
    const reached = this.length ? (now / this.length) * BARS : 0;
    this.bars.forEach((bar, at) => bar.classList.toggle("on", at < reached));
    this.wave.setAttribute("aria-valuemax", String(Math.round(this.length)));
    this.wave.setAttribute("aria-valuenow", String(Math.round(now)));
    this.wave.setAttribute("aria-valuetext", `${clock(now)} of ${clock(this.length)}`);
    this.dispatchEvent(new CustomEvent("player:time", { bubbles: true, detail: now }));
  }
}

customElements.define("call-player", CallPlayer);
