// <combo-box src>: an input whose choices come from the server as a fragment of role="option" elements with
// data-value. The chosen value is sent under the input's name; without JavaScript the input and its datalist stay.
const WAIT_MS = 150;
let serial = 0;

class ComboBox extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input:not([type=hidden])");
    if (!this.input || this.list || !this.getAttribute("src")) return;
    this.input.removeAttribute("list");
    this.list = Object.assign(document.createElement("div"), { id: `combo-${++serial}`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Choices");
    this.value = Object.assign(document.createElement("input"), {
      type: "hidden", name: this.input.name, value: this.input.dataset.value || this.input.value,
    });
    this.input.removeAttribute("name");
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": this.list.id,
    })) this.input.setAttribute(name, value);
    this.append(this.value, this.list);
    this.input.addEventListener("input", () => { this.value.value = ""; clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), WAIT_MS); });
    this.input.addEventListener("focus", () => this.ask());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.leave());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.choose(event.target.closest('[role="option"]'));
    });
  }

  get options() { return [...this.list.querySelectorAll('[role="option"]')]; }

  get marked() { return this.options.find((option) => option.getAttribute("aria-selected") === "true"); }

  async ask() {
    this.running?.abort();
    this.running = new AbortController();
    const url = new URL(this.getAttribute("src"), location.href);
    url.searchParams.set("q", this.input.value);
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: this.running.signal }).catch(() => null);
    if (!answer?.ok || document.activeElement !== this.input) return;
    this.list.innerHTML = await answer.text();
    this.mark(this.input.value ? this.options[0] : null);
    this.open(this.options.length > 0);
  }

  open(on) {
    this.list.hidden = !on;
    this.input.setAttribute("aria-expanded", String(on));
  }

  mark(option) {
    this.options.forEach((each) => each.setAttribute("aria-selected", String(each === option)));
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    option.id ||= `${this.list.id}-${this.options.indexOf(option)}`;
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  choose(option) {
    if (!option) return;
    this.value.value = option.dataset.value;
    this.input.value = option.dataset.text || option.textContent.trim();
    this.open(false);
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Words that name no choice are not sent as if they were one: free text only where the box allows it.
  leave() {
    this.open(false);
    if (!this.value.value && this.hasAttribute("free")) this.value.value = this.input.value;
  }

  onKey(event) {
    const at = this.options.indexOf(this.marked);
    const size = this.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!size) return;
      this.open(true);
      this.mark(this.options[(at + (event.key === "ArrowDown" ? 1 : -1) + size) % size]);
    } else if (event.key === "Enter" && !this.list.hidden && this.marked) this.choose(this.marked);
    else if (event.key === "Escape" && !this.list.hidden) this.open(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

customElements.define("combo-box", ComboBox);
