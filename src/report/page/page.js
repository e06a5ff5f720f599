"use strict";
// Shows frames, filters, sorts, and listens to keys. Text only ever becomes text: nothing here makes
// markup out of data, and the page's policy would not let it.
(() => {
  const at = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(at(id).textContent);
  const frames = read("frames");
  const strings = read("strings");
  const words = read("words");
  const places = new Map(frames.map((frame, place) => [frame[0], place]));
  const main = document.querySelector("main");
  const panel = at("frame");
  const filter = at("filter");
  const isWide = matchMedia("(min-width: 80rem)");

  /** An element with attributes and children; what is undefined is left out. */
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== undefined));
    return element;
  };
  const say = (sentence, gaps) =>
    sentence.replace(/\{(\w+)\}/g, (gap, name) => gaps[name] ?? gap);

  // ---- Rows: everything that can be pointed at, and the frames that it is about.

  const rows = [...main.querySelectorAll("[data-f]")];
  const rowsOf = new Map();
  for (const row of rows) {
    const first = Number(row.dataset.f);
    // A row may stand for several frames alike, but never for very many.
    const last = Math.min(Number(row.dataset.last ?? first), first + 10000);
    for (let frame = first; frame <= last; frame += 1) {
      if (!rowsOf.has(frame)) rowsOf.set(frame, []);
      rowsOf.get(frame).push(row);
    }
  }
  const frameOf = (row) => Number(row.dataset.f);
  const isRow = (row) => row.classList.contains("row");
  // A frame that is folded into another's arrow is told there.
  for (const link of main.querySelectorAll("#ladder .row [data-go]")) {
    const frame = Number(link.dataset.go);
    const told = rowsOf.get(frame) ?? [];
    if (!told.some((row) => isRow(row) && row.closest("#ladder"))) {
      rowsOf.set(frame, [link.closest(".row"), ...told]);
    }
  }

  // ---- One frame.

  let shown; // in the panel
  let selected; // what it goes back to
  let cameFrom; // the row that the keyboard left
  let part; // of the page, that was used last
  let fields = []; // of the frame shown: {begin, end, node, layer}
  let cells = []; // of each byte: its two cells

  const show = (number) => {
    if (number === shown) return;
    shown = number;
    fields = [];
    cells = [];
    const place = places.get(number);
    const step = (by, label, sign) => {
      const next = place === undefined ? undefined : frames[place + by]?.[0];
      const button = make("button", { type: "button", "aria-label": label, title: label }, sign);
      button.disabled = next === undefined;
      button.addEventListener("click", () => select(next));
      return button;
    };
    const shut = make("button", { type: "button", class: "close", "aria-label": words.close }, "✕");
    shut.addEventListener("click", () => close());
    panel.classList.toggle("empty", number === undefined);
    document.body.classList.toggle("open", number !== undefined);
    if (number === undefined) {
      panel.replaceChildren(make("div", { class: "head quiet" }, words.chooseFrame));
      return;
    }
    const header = make("header", {},
      make("h2", {}, `#${number}`),
      step(-1, words.earlier, "←"), step(1, words.later, "→"), shut);
    const head = make("div", { class: "head" }, header);
    if (place === undefined) {
      head.append(make("p", { class: "quiet" }, say(words.notHere, { n: `#${number}` })));
      panel.replaceChildren(head);
      return;
    }
    const [, time, length, line, hex, layers] = frames[place];
    const bytes = hex.match(/../g) ?? [];
    const size = bytes.length < length
      ? say(words.firstBytes, { n: bytes.length, all: length })
      : say(words.bytes, { n: length });
    head.append(
      make("p", { class: "quiet" }, `${time} · ${size}`),
      make("p", { class: "line" }, line),
      envelope(layers));
    panel.replaceChildren(head, anatomy(layers), hexPane(bytes, layers));
  };

  const range = (begin, end) => (end - begin > 1 ? `${begin}–${end - 1}` : `${begin}`);
  const colour = (layer) => `l${layer % 6}`;

  /** ethernet 0–13 › ipv4 14–33 › … */
  const envelope = (layers) => {
    const list = make("div", { class: "envelope" });
    layers.forEach(([name, begin, length], layer) => {
      const chip = make("button", { type: "button", class: colour(layer) },
        `${strings[name]} ${range(begin, begin + length)}`);
      lights(chip, begin, begin + length);
      list.append(chip);
    });
    return list;
  };

  const anatomy = (layers) => {
    const list = make("div", { class: "layers", role: "group", "aria-label": words.layers });
    layers.forEach(([name, begin, length, ...values], layer) => {
      const end = begin + length;
      const entry = (kind, name, begin, end, value) => {
        const node = make("div", { class: kind, tabindex: "-1", "data-begin": begin, "data-end": end },
          make("span", { class: "range" }, range(begin, end)),
          make("span", { class: kind === "name" ? colour(layer) : "" }, strings[name]),
          make("span", { class: "value" }, value));
        lights(node, begin, end);
        return node;
      };
      const heading = entry("name", name, begin, end, "");
      fields.push({ begin, end, node: heading, isLayer: true });
      const group = make("div", { class: "layer" }, heading);
      for (let i = 0; i < values.length; i += 4) {
        const [field, from, to, value] = values.slice(i, i + 4);
        const node = entry("field", field, from, to, strings[value]);
        fields.push({ begin: from, end: to, node, isLayer: false });
        group.append(node);
      }
      list.append(group);
    });
    walk(list, () => fields.map((field) => field.node), 1, 1);
    return list;
  };

  const hexPane = (bytes, layers) => {
    const columns = panel.clientWidth >= 500 ? 16 : 8;
    const layerOf = bytes.map((_, i) =>
      layers.findLastIndex(([, begin, length]) => begin <= i && i < begin + length));
    const pane = make("div", { class: "hex" });
    for (let row = 0; row < bytes.length; row += columns) {
      const digits = make("span", {});
      const ascii = make("span", { class: "ascii" });
      bytes.slice(row, row + columns).forEach((byte, i) => {
        const code = parseInt(byte, 16);
        const tint = layerOf[row + i] < 0 ? undefined : colour(layerOf[row + i]);
        const sign = code > 32 && code < 127 ? String.fromCharCode(code) : "·";
        const pair = [
          make("i", { class: tint, tabindex: "-1", "data-byte": row + i }, byte),
          make("i", { class: tint, "data-byte": row + i }, sign)];
        digits.append(pair[0]);
        ascii.append(pair[1]);
        cells.push(pair);
      });
      const offset = row.toString(16).padStart(4, "0");
      pane.append(make("span", { class: "offset" }, offset), digits, ascii);
    }
    const over = (event) => {
      const byte = event.target.dataset.byte;
      if (byte !== undefined) lightByte(Number(byte));
    };
    pane.addEventListener("pointerover", over);
    pane.addEventListener("focusin", over);
    walk(pane, () => cells.map((pair) => pair[0]), 1, columns);
    return make("div", { class: "bytes", role: "group", "aria-label": words.bytesTitle }, pane);
  };

  /** Pointing at a node, or focusing it, lights these bytes, and all fields that they are. */
  const lights = (node, begin, end) => {
    const on = () => {
      light(begin, end, (field) => field.begin === begin && field.end === end);
      cells[begin]?.[0].scrollIntoView({ block: "nearest" });
    };
    node.addEventListener("pointerenter", on);
    node.addEventListener("focus", on);
  };
  /** Lights the fields that a byte belongs to, and the bytes of the smallest of them. */
  const lightByte = (byte) => {
    const around = fields.filter((field) => field.begin <= byte && byte < field.end);
    const inner = around.filter((field) => !field.isLayer);
    const candidates = inner.length > 0 ? inner : around.slice(-1);
    const smallest = candidates.reduce(
      (best, field) => (best && best.end - best.begin <= field.end - field.begin ? best : field),
      undefined);
    light(smallest?.begin ?? byte, smallest?.end ?? byte + 1, (field) => candidates.includes(field));
    smallest?.node.scrollIntoView({ block: "nearest" });
  };
  const light = (begin, end, isLit) => {
    for (const field of fields) field.node.classList.toggle("lit", isLit(field));
    cells.forEach((pair, i) => {
      for (const cell of pair) cell.classList.toggle("lit", begin <= i && i < end);
    });
  };

  // ---- Choosing frames.

  const mark = (number) => {
    for (const row of main.querySelectorAll(".sel")) row.classList.remove("sel");
    for (const row of rowsOf.get(number) ?? []) row.classList.add("sel");
  };
  /** Shows a frame for good, and jumps to where it is told: in the part of the page that was used. */
  const select = (number, from, quietly) => {
    if (number === undefined) {
      close();
      return;
    }
    selected = number;
    if (!quietly) history.pushState(null, "", `#f${number}`);
    const told = (rowsOf.get(number) ?? []).filter(isRow);
    if (told.length > 0 && told.every((row) => row.hidden)) narrow("");
    part = from?.closest("main > section") ?? part;
    const row = told.find((row) => row === from)
      ?? told.find((row) => !row.hidden && part?.contains(row))
      ?? told.find((row) => !row.hidden);
    // The arrow keys go on from there. This shows that row's frame, which may hold the wanted one.
    row?.focus({ preventScroll: true });
    show(number);
    mark(number);
    if (row) reveal(row);
  };
  const close = () => {
    selected = undefined;
    show(undefined);
    mark(undefined);
    if (/^#f\d/.test(location.hash)) history.replaceState(null, "", location.href.split("#")[0]);
  };
  /** Scrolls until a row stands clear of what lies over the page. */
  const reveal = (row) => {
    const isClear = () => {
      const above = [filter.parentElement, row.closest(".ladder")?.querySelector(".heads")];
      const top = Math.max(...above.map((it) => it?.getBoundingClientRect().bottom ?? 0));
      const bottom = isWide.matches ? innerHeight : panel.getBoundingClientRect().top;
      const box = row.getBoundingClientRect();
      return box.top >= top && box.bottom <= bottom;
    };
    if (isClear()) return;
    const jump = () => row.scrollIntoView({ block: "center", behavior: "instant" });
    jump();
    // What comes near is laid out only now, and may be taller than thought.
    requestAnimationFrame(() => requestAnimationFrame(() => isClear() || jump()));
  };
  const fromHash = () => {
    const number = /^#f(\d+)$/.exec(location.hash)?.[1];
    if (number !== undefined) select(Number(number), undefined, true);
    // Another part of the page was asked for, which a frame must not cover.
    else if (location.hash === "" || !isWide.matches) close();
  };

  // ---- The pointer.

  // A page that scrolls under a pointer at rest is not pointed at.
  let pointer = "";
  const hasMoved = (event) => {
    const before = pointer;
    // A click tells whole pixels, what passes over something tells parts of them.
    pointer = `${Math.floor(event.clientX)} ${Math.floor(event.clientY)}`;
    return pointer !== before;
  };
  main.addEventListener("pointerover", (event) => {
    if (!hasMoved(event)) return;
    const row = event.target.closest("[data-f]");
    const link = event.target.closest("[data-go]");
    if (event.pointerType !== "mouse" || !isWide.matches) return;
    if (link) show(Number(link.dataset.go));
    else if (row) show(frameOf(row));
  });
  main.addEventListener("pointerleave", () => {
    if (selected !== undefined) show(selected);
  });
  document.addEventListener("click", (event) => {
    hasMoved(event);
    const go = event.target.closest("[data-go]");
    const of = event.target.closest("[data-of]");
    const row = event.target.closest("main [data-f]");
    if (go) {
      event.preventDefault();
      select(Number(go.dataset.go), go.closest("[data-f]") ?? go);
    } else if (of) {
      event.preventDefault();
      narrow(filter.value === of.dataset.of ? "" : of.dataset.of);
      if (!isWide.matches) close();
    } else if (row && getSelection().isCollapsed && (isWide.matches || !row.matches(".sel"))) {
      select(frameOf(row), row);
    } else if (!isWide.matches && !event.composedPath().includes(panel)) {
      close();
    }
  });
  filter.addEventListener("focus", () => {
    if (!isWide.matches) close();
  });
  addEventListener("popstate", fromHash);
  addEventListener("hashchange", fromHash);

  // ---- The keyboard: one stop of the tab key for each list, arrows within it.

  /** Arrow keys move the focus within a list: up and down by `down`, left and right by `right`. */
  const walk = (list, nodes, right, down) => {
    const all = nodes();
    if (all.length > 0) all[0].tabIndex = 0;
    list.addEventListener("focusin", (event) => {
      for (const node of list.querySelectorAll('[tabindex="0"]')) node.tabIndex = -1;
      const node = event.target.closest("[tabindex]");
      if (node && node !== list) node.tabIndex = 0;
    });
    list.addEventListener("keydown", (event) => {
      const isGrid = down > 1;
      const steps = { ArrowDown: down, ArrowUp: -down, Home: -Infinity, End: Infinity };
      if (isGrid) Object.assign(steps, { ArrowRight: right, ArrowLeft: -right });
      const step = steps[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      const visible = nodes().filter((node) => !node.hidden);
      const now = visible.indexOf(event.target.closest("[tabindex]"));
      if (now < 0) return;
      event.preventDefault();
      event.stopPropagation();
      const next = Math.max(0, Math.min(visible.length - 1, now + step));
      visible[next].focus();
    });
  };
  for (const list of main.querySelectorAll(".rows")) {
    const nodes = [...list.querySelectorAll(".row")];
    for (const node of nodes) node.tabIndex = -1;
    for (const link of list.querySelectorAll("a")) link.tabIndex = -1;
    walk(list, () => nodes, 1, 1);
    list.addEventListener("focusin", (event) => {
      const row = event.target.closest(".row[data-f]");
      if (row && isWide.matches) show(frameOf(row));
    });
  }
  /** The row that was chosen, else the first that is in view. */
  const startOf = () => {
    const chosen = main.querySelector(".row.sel");
    if (chosen) return chosen;
    const isBelow = (it) => !it.hidden && it.getBoundingClientRect().bottom > 0.2 * innerHeight;
    for (const list of main.querySelectorAll(".rows > ol")) {
      const row = isBelow(list) && [...list.querySelectorAll(".row[data-f]")].find(isBelow);
      if (row) return row;
    }
    return undefined;
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || at("keys").open) return;
    const isTyping = event.target === filter;
    const row = event.target.closest(".row[data-f]");
    if (isTyping && event.key === "Escape") {
      narrow("");
      filter.blur();
    } else if (isTyping) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      filter.focus();
      filter.select();
    } else if (event.key === "?") {
      at("keys").showModal();
    } else if (event.key === "Enter" && row && event.target === row) {
      cameFrom = row;
      select(frameOf(row), row);
      panel.querySelector('.layers [tabindex="0"]')?.focus();
    } else if (event.key === "Escape" && panel.contains(event.target)) {
      (cameFrom ?? rowsOf.get(shown)?.[0])?.focus();
    } else if (event.key === "Escape") {
      close();
    } else if (event.key === "ArrowDown" && document.activeElement === document.body) {
      const start = startOf();
      if (start) {
        event.preventDefault();
        start.focus();
      }
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const place = places.get(selected ?? shown);
      const by = event.key === "ArrowRight" ? 1 : -1;
      const next = frames[place === undefined ? 0 : place + by];
      if (next) {
        event.preventDefault();
        select(next[0], event.target);
      }
    }
  });

  // ---- Filtering: all words must be in a line.

  const lines = [...main.querySelectorAll(".row, tbody tr, .failure")];
  const chunks = [...main.querySelectorAll(".chunk")];
  const texts = [];
  const counted = lines.filter((line) => !line.classList.contains("failure")).length;
  /** Its text twice: as it reads, and with a space between what stands apart. */
  const textOf = (line) => {
    const pieces = [];
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) pieces.push(walker.currentNode.data);
    return ` ${pieces.join("")} ${pieces.join(" ")} `.toLowerCase();
  };
  const narrow = (typed) => {
    filter.value = typed;
    const wanted = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
    let found = 0;
    lines.forEach((line, i) => {
      texts[i] ??= textOf(line);
      // An identifier is meant as a whole: tcp-1 is not tcp-12, #5 is not #55.
      const holds = (word) => {
        if (!/\d$/.test(word)) return texts[i].includes(word);
        for (let from = texts[i].indexOf(word); from >= 0; from = texts[i].indexOf(word, from + 1)) {
          if (!/\d/.test(texts[i][from + word.length])) return true;
        }
        return false;
      };
      line.hidden = !wanted.every(holds);
      if (!line.hidden && !line.classList.contains("failure")) found += 1;
    });
    for (const chunk of chunks) {
      const left = chunk.querySelectorAll("li:not([hidden])").length;
      chunk.hidden = left === 0;
      // So long as it is not laid out: about a line for each item left.
      const guess = `${36 * left}px`;
      chunk.style.containIntrinsicBlockSize = wanted.length === 0 ? "" : guess;
    }
    const count = at("count");
    count.textContent = wanted.length === 0 ? "" : `${found} / ${counted}`;
    count.title = found === 0 ? words.noMatch : "";
    for (const part of main.querySelectorAll(".table")) {
      part.hidden = wanted.length > 0 && !part.querySelector("tbody tr:not([hidden])");
    }
  };
  filter.addEventListener("input", () => narrow(filter.value));

  // ---- Sorting.

  const UNITS = { ns: 1e-9, "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400 };
  /** The number in a cell, in seconds where it is a span: "1,234", "39 µs", "2 min 5 s". */
  const numberIn = (text) => {
    const plain = text.replaceAll(",", "").trim();
    const spans = [...plain.matchAll(/([\d.]+) (ns|µs|ms|s|min|h|d)\b/g)];
    if (spans.length > 0) return spans.reduce((sum, [, n, unit]) => sum + n * UNITS[unit], 0);
    const number = parseFloat(plain.replace(/^#/, ""));
    return Number.isNaN(number) ? -Infinity : number;
  };
  const natural = new Intl.Collator(undefined, { numeric: true });
  for (const table of main.querySelectorAll(".table table")) {
    const heads = [...table.querySelectorAll("th")];
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const isUp = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", isUp ? "descending" : "ascending");
        const isNumber = head.classList.contains("right");
        const keys = [...body.rows].map((row) => {
          const text = row.cells[column].textContent;
          return [isNumber ? numberIn(text) : text, row];
        });
        const compare = isNumber ? (a, b) => a - b || 0 : natural.compare;
        keys.sort(([a], [b]) => (a === b ? 0 : compare(a, b)) * (isUp ? -1 : 1));
        body.append(...keys.map(([, row]) => row));
      });
    });
  }

  panel.hidden = false;
  filter.hidden = false;
  document.body.classList.add("live");
  fromHash();
  if (selected === undefined) {
    // Where there is room, the first frame shows what is to be seen here: of a failure, if there is one.
    const failed = main.querySelector(".failure [data-go]");
    shown = null;
    show(isWide.matches ? (failed ? Number(failed.dataset.go) : frames[0]?.[0]) : undefined);
  }
})();
