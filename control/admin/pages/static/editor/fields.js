// Controls for the values of a document: each knows its path, writes what is typed, and tells what is wrong with it.

let fields = 0;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export class Fields {
  /** For one form. `text(key, values)` says it in the page's language. */
  constructor(showroom, text) {
    this._showroom = showroom;
    this._text = text;
    this._all = [];
  }

  /** `problems` of showroom_rules, and `findings` of the last validation: each is told at its field. */
  tell(problems, findings = []) {
    for (const { path, input, message } of this._all) {
      const key = path.join(".");
      const problem = problems.find((each) => each.path.join(".") === key);
      const finding = findings.find(({ place }) => place === key);
      message.textContent = problem ? this._text(problem.key, problem.values) : (finding?.message ?? "");
      message.hidden = message.textContent === "";
      input.toggleAttribute("aria-invalid", false);
      if (problem || finding) input.setAttribute("aria-invalid", "true");
    }
  }

  /** Show what the document has now, but in the field that is typed into. */
  refresh() {
    for (const { input, read } of this._all) if (input !== document.activeElement) read();
  }

  line(label, path, { lines = 1, lang = "", optional = false, hint = "" } = {}) {
    const input = lines > 1 ? element("textarea", { rows: lines }) : element("input", { type: "text" });
    if (lang) input.lang = lang;
    const write = () => (optional && input.value === "" ? this._showroom.remove(path) : this._showroom.set(path, input.value));
    return this._field(label, path, input, () => (input.value = this._showroom.get(...path) ?? ""), write, hint);
  }

  /** In both languages, beside each other. */
  both(label, path, { lines = 1 } = {}) {
    const en = this.line(this._text("editor.in-english", { what: label }), [...path, "en"], { lines, lang: "en" });
    const zh = this.line(this._text("editor.in-chinese", { what: label }), [...path, "zh"], { lines, lang: "zh-Hans" });
    return element("div", { className: "pair" }, en, zh);
  }

  number(label, path, { step = 0.05, fallback = 0 } = {}) {
    const input = element("input", { type: "number", step: "any", inputMode: "decimal" });
    const write = () => {
      if (input.value !== "" && Number.isFinite(input.valueAsNumber)) this._showroom.set(path, input.valueAsNumber);
    };
    // The arrows go in useful steps; anything may be typed.
    input.addEventListener("keydown", (event) => {
      const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!direction || input.value === "") return;
      event.preventDefault();
      input.value = String(Math.round((input.valueAsNumber + direction * step * (event.shiftKey ? 10 : 1)) * 1000) / 1000);
      write();
    });
    const read = () => (input.value = String(this._showroom.get(...path) ?? fallback));
    return this._field(label, path, input, read, write);
  }

  /** `labels` of the parts of a list of numbers. */
  numbers(legend, path, labels, options) {
    const parts = labels.map((label, index) => this.number(label, [...path, index], options));
    return element("fieldset", { className: "numbers" }, element("legend", { textContent: legend }), ...parts);
  }

  choice(label, path, options, onChosen = (value) => this._showroom.set(path, value)) {
    const select = element("select", {}, ...options.map(([value, said]) => element("option", { value, textContent: said })));
    return this._field(label, path, select, () => (select.value = this._showroom.get(...path) ?? ""), () => onChosen(select.value));
  }

  _field(label, path, input, read, write, hint = "") {
    const id = `field-${(fields += 1)}`;
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-message`);
    input.addEventListener(input.tagName === "SELECT" ? "change" : "input", write);
    const message = element("p", { id: `${id}-message`, className: "field-message", hidden: true });
    read();
    this._all.push({ path, input, message, read });
    const parts = [element("label", { htmlFor: id, textContent: label }), input, message];
    if (hint) parts.push(element("p", { className: "hint", textContent: hint }));
    return element("div", { className: "field" }, ...parts);
  }
}

export { element };
