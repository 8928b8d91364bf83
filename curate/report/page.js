"use strict";
// Everything out of a trace is set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const panel = document.getElementById("panel");
const KINDS = {
  answer: "the answer", wrong: "first wrong equation", loop: "loop",
  contamination: "shared with a benchmark", script: "another script",
};
const ORDER = ["wrong", "answer", "contamination", "loop", "script"];
const FOUND_SHOWN = 25;
let opener = null;

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function plain(pieces) {
  return pieces.map((piece) => (Array.isArray(piece) ? piece[0] : typeof piece === "string" ? piece : " … ")).join("");
}

// --- one trace -------------------------------------------------------------------------------

function piece(part) {
  if (typeof part === "string") return part;
  if (typeof part === "number") return element("span", "gap", `${part.toLocaleString("en")} characters left out`);
  const kinds = part[1].split(" ");
  const kind = ORDER.find((one) => kinds.includes(one));
  const made = element("mark", kind, part[0]);
  made.title = kinds.map((one) => KINDS[one]).join(", ");
  return made;
}

function text(pieces) {
  const made = element("div", "text", ...pieces.map(piece));
  made.dir = "auto";
  made.tabIndex = 0;
  return made;
}

function marksOf(item) {
  const seen = [...item.problem, ...item.response].filter(Array.isArray).flatMap((one) => one[1].split(" "));
  return ORDER.filter((kind) => seen.includes(kind));
}

function facts(item) {
  const rows = [["answer", item.answer ?? "none"], ["reference", item.reference ?? "none"], ...item.facts];
  return element("dl", "", ...rows.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

function trace(item) {
  const kinds = marksOf(item);
  const legend = element("p", "marks", ...kinds.map((kind) => element("mark", kind, KINDS[kind])));
  return [
    element("p", "", element("span", `badge ${item.verdict}`, item.verdict), item.why ? `: ${item.why}` : ""),
    facts(item),
    element("h3", "", "Problem"), text(item.problem),
    element("h3", "", `Response, ${item.chars.toLocaleString("en")} characters`),
    kinds.length ? legend : null, text(item.response),
    element("p", "quiet", `${item.title}. All of it: `, element("code", "", `curate show ${data.pool} ${item.id.slice(0, 12)} --full`)),
  ];
}

function record(item) {
  return [
    element("p", "", element("span", "badge", "in quarantine"), `: ${item.why}`),
    element("h3", "", "How it begins"), text(item.record),
    element("p", "quiet", item.title),
  ];
}

// --- the panel -------------------------------------------------------------------------------

function show(title, numbers, at) {
  const items = numbers.map((number) => data.items[number]);
  const turn = (step, name) => {
    const made = element("button", "", name);
    made.type = "button";
    made.disabled = !items[at + step];
    made.addEventListener("click", () => show(title, numbers, at + step));
    return made;
  };
  const close = element("button", "close", "Close");
  close.type = "button";
  close.addEventListener("click", hide);
  const heading = element("h2", "", title);
  heading.id = "panel-title";
  const turns = element("div", "turn", turn(-1, "Previous"), turn(1, "Next"), `${at + 1} of ${items.length} in this page`);
  const item = items[at];
  const none = element("p", "quiet", "None of these traces is in this page.");
  const body = !item ? [none] : item.record ? record(item) : trace(item);
  panel.replaceChildren(element("div", "top", heading, close, items.length > 1 ? turns : null), ...body);
  panel.hidden = false;
  panel.scrollTop = 0;
  document.body.classList.add("reading");
  panel.focus();
  panel.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && items[at + step]) show(title, numbers, at + step);
  };
}

function open(from, title, numbers) {
  document.querySelectorAll(".mark.open").forEach((one) => one.classList.remove("open"));
  from.classList.add("open");
  opener = from;
  const place = from.getBoundingClientRect().top;
  show(title, numbers, 0);
  // The columns may have moved; what was clicked stays where it was.
  window.scrollBy({ top: from.getBoundingClientRect().top - place, behavior: "instant" });
}

function hide() {
  panel.hidden = true;
  document.body.classList.remove("reading");
  document.querySelectorAll(".mark.open").forEach((one) => one.classList.remove("open"));
  if (opener) opener.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden) hide();
});

// --- bars ------------------------------------------------------------------------------------

function openBar(bar) {
  open(bar, bar.getAttribute("aria-label"), data.bars[bar.dataset.bar] ?? []);
}

for (const chart of document.querySelectorAll("svg")) {
  const bars = [...chart.querySelectorAll("[data-bar]")];
  bars.forEach((bar, place) => {
    bar.setAttribute("role", "button");
    bar.setAttribute("tabindex", place ? "-1" : "0");
    bar.addEventListener("click", () => openBar(bar));
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        openBar(bar);
      }
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const next = step && bars[place + step];
      if (next) {
        event.preventDefault();
        bar.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      }
    });
  });
}

// --- search ----------------------------------------------------------------------------------

const traces = data.items.flatMap((item, number) =>
  item.record ? [] : [{ number, item, text: [item.id, plain(item.problem), item.answer ?? ""].join("\n").toLowerCase() }]);
const search = document.getElementById("search");
const results = document.getElementById("results");

function find() {
  const wanted = search.value.trim().toLowerCase();
  const hits = traces.filter((one) => one.text.includes(wanted));
  const shown = hits.slice(0, FOUND_SHOWN);
  document.getElementById("found").textContent =
    `${hits.length.toLocaleString("en")} of ${traces.length.toLocaleString("en")} traces` +
    (hits.length > shown.length ? `, the first ${shown.length} shown` : "");
  results.replaceChildren(...shown.map((one, place) => {
    const { item } = one;
    const button = element("button", "",
      element("span", "mono", item.id.slice(0, 8)),
      element("span", `badge ${item.verdict}`, item.verdict),
      element("span", "", plain(item.problem).replace(/\s+/g, " ").slice(0, 160)),
      element("span", "given", item.answer ?? ""));
    button.type = "button";
    button.addEventListener("click", () => {
      opener = button;
      show(`Found: ${wanted || "all traces"}`, hits.map((hit) => hit.number), place);
    });
    return element("li", "", button);
  }));
}

search.addEventListener("input", find);
document.body.classList.add("scripted");
find();
