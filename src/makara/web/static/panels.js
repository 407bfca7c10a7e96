// Lists and details. Text enters the page as text nodes only: names are what strangers wrote.
import { STATES, count, kind, number, percent, place, plain, seconds, sensor, span, time } from "./words.js";

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k === "onclick") node.addEventListener("click", v);
    else if (v !== null && v !== undefined && v !== false) node.setAttribute(k, v === true ? "" : v);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

const MOST = 300;
export const nameOf = (v) => v.name || (v.mmsi ? `MMSI ${String(v.mmsi).padStart(9, "0")}` : v.mover);
export const what = (e, model) => kind(e.kind) + (model.zoneName.has(e.scope) ? ": " + model.zoneName.get(e.scope) : "");
export const absent = (id) => (/^mv\d+$/.test(id) ? "MMSI " + id.slice(2).padStart(9, "0") : id.startsWith("mv") ? "A vessel without AIS identity" : "A detection not in this view");
const chip = (s) => el("span", { class: `chip s${s ?? 1}` }, `severity ${s ?? "?"}`);

const PARTS = { told: "Told by another alert of the same happening", listed: "Listed: beyond the budget of their watch", suppressed: "Suppressed", withdrawn: "Withdrawn" };

const items = {
  alerts: (m) => m.alerts.map((a) => ({
    id: a.alert, text: `${what(a, m)} ${a.names.join(" ")} ${a.zoneNames.join(" ")} ${a.movers ?? ""}`,
    rows: [
      [el("strong", {}, what(a, m)), a.state === "withdrawn" ? el("span", { class: "chip gone" }, "withdrawn") : chip(a.severity)],
      [a.names.join(", ") || "participants withheld"],
      [`${time(a.start)}${a.open ? ", still going on" : a.end === null || a.end - a.start < 60 ? "" : ` for ${span(a.end - a.start)}`}`, `rank ${a.rank ?? "withheld"}`],
    ],
    gone: a.state === "withdrawn", part: PARTS[a.where],
  })),
  vessels: (m) => m.vessels.map((v) => ({
    id: v.mover, text: `${nameOf(v)} ${v.mmsi ?? ""} ${v.class ?? ""} ${v.flag ?? ""}`,
    rows: [
      [el("strong", {}, nameOf(v)), [v.flag, v.class].filter(Boolean).join(" \u00b7 ")],
      [v.sog === null ? "speed unknown" : `${number(v.sog)} kn${v.dir === null ? "" : `, ${String(v.dir).padStart(3, "0")}\u00b0`}`, v.age < 90 ? "newest" : `${span(v.age)} before newest`],
    ],
  })),
  detections: (m) => m.detections.map((d) => ({
    id: d.detection, text: `${STATES[d.state]} ${sensor(d.sensor)}`,
    rows: [
      [el("strong", {}, plain(STATES[d.state])), d.p_dark === null ? "" : `p ${percent(d.p_dark / 100)}`],
      [plain(sensor(d.sensor)), d.length === null ? "length unknown" : `${d.length} m`],
    ],
  })),
};

export function list(box, tab, model, find, selected, choose) {
  const words = find.trim().toLowerCase();
  const every = items[tab](model);
  const found = words ? every.filter((i) => i.text.toLowerCase().includes(words)) : every;
  const shown = found.slice(0, MOST).map((i, k) => [
    i.part && i.part !== found[k - 1]?.part ? el("li", { class: "part" }, i.part) : "",
    el("li", {}, el("button",
      { type: "button", class: i.gone ? "gone" : null, "aria-pressed": String(i.id === selected), "data-id": i.id, onclick: () => choose(i.id) },
      i.rows.map(([a, b]) => el("span", { class: "row" }, el("span", {}, a), b ? (b.nodeType ? b : el("span", {}, b)) : ""))))]);
  const parts = [el("ol", {}, shown)];
  if (!shown.length) parts.unshift(el("p", { class: "empty" }, every.length ? "Nothing matches." : `There are no ${tab} in this view.`));
  if (found.length > MOST) parts.push(el("p", { class: "empty" }, `${count(found.length - MOST, "more")}; narrow them with Find.`));
  box.replaceChildren(...parts);
}

export const head = (title, close, ...rest) => el("div", { class: "head" }, el("button", { type: "button", class: "close", "aria-label": "Close details", onclick: close }, "\u2715"), el("h2", {}, title), ...rest);
const facts = (pairs) => el("dl", {}, pairs.filter(([, v]) => v !== null && v !== undefined && v !== "").map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]));
const section = (title, ...rest) => el("section", {}, el("h3", {}, title), ...rest);
const bullets = (list) => el("ul", {}, list.map((x) => el("li", {}, x)));

function reasons(list) {
  return el("ul", { class: "reasons" }, list.map((r) => {
    const held = r.value === null || r.value === undefined ? "" : number(r.value, r.unit || "") + (r.against === null || r.against === undefined ? "" : ` (held against ${number(r.against)})`);
    const said = r.text || plain(r.code);
    return el("li", {}, el("span", {}, said), held && !said.includes(number(r.value)) ? el("span", { class: "soft" }, " " + held) : "");
  }));
}

function contributions(list) {
  const most = Math.max(...list.map((r) => r.weight ?? 0), 1);
  return el("table", {}, el("caption", { class: "visually-hidden" }, "What the rank is made of"), el("tbody", {}, list.map((r) =>
    el("tr", {}, el("th", { scope: "row" }, r.code === "p" ? "How sure" : plain(r.code)), el("td", { class: "soft" }, r.text || ""),
      el("td", { class: "bar" }, el("meter", { min: 0, max: most, value: r.weight ?? 0, "aria-hidden": "true" })), el("td", { class: "num" }, "+" + number(r.weight ?? 0))))));
}

function evidence(ref, model, go) {
  const rows = /^rows:(-?\d+):([^/]+)\/(.+)$/.exec(ref);
  if (rows) return [`Reports of `, vesselLink(`mv${rows[1]}`, model, go), `, ${time(seconds(rows[2]))} to ${time(seconds(rows[3]))}`];
  if (ref.startsWith("feed:")) return `Feed ${ref.slice(5)}, searched: nothing found`;
  if (model.detectionBy.has(ref)) return detectionLink(ref, model, go);
  return el("code", {}, ref);
}

const vesselLink = (mover, model, go) => {
  const v = model.vesselBy.get(mover);
  return v ? el("button", { type: "button", class: "link", onclick: () => go("vessels", mover) }, nameOf(v)) : el("span", {}, absent(mover));
};
const detectionLink = (id, model, go) => {
  const d = model.detectionBy.get(id);
  return el("button", { type: "button", class: "link", onclick: () => go("detections", id) }, `Detection by ${sensor(d.sensor)}, ${STATES[d.state]}`);
};
const member = (p, model, go) => (model.detectionBy.has(p) ? detectionLink(p, model, go) : vesselLink(p, model, go));

export function alertPanel(a, model, told, close, go) {
  const { event, explain } = told;
  return [
    head(what(a, model), close, chip(a.severity)),
    a.state === "withdrawn" ? el("p", { class: "note" }, "Withdrawn: what is known by now no longer supports it.") : "",
    a.where === "listed" ? el("p", { class: "note" }, "Listed, not raised: others of its watch rank higher, and its budget is used up.") : "",
    a.where === "told" ? el("p", { class: "note" }, "The same happening is told by alert " + explain.told_by + ".") : "",
    explain.suppressed_by ? el("p", { class: "note" }, "Suppressed by " + explain.suppressed_by) : "",
    el("p", { class: "why" }, explain.why),
    facts([
      ["Began", time(a.start, true)], [a.open ? "Known until" : "Ended", time(a.end, true)],
      ["Place", place(a.lon, a.lat)], ["How sure", percent(a.p)], ["Rank", number(a.rank)], ["State", `${plain(a.state)}${a.open ? ", still going on" : ""}`],
    ]),
    a.movers?.length ? section("Who", bullets(a.movers.map((p) => member(p, model, go)))) : "",
    a.zoneNames.length ? section("Zones", bullets(a.zoneNames)) : "",
    explain.reasons?.length ? section("Reasons", reasons(explain.reasons)) : "",
    explain.contributions?.length ? section("What its rank is made of", contributions(explain.contributions)) : "",
    explain.innocent?.length ? section("What innocent thing looks the same", bullets(explain.innocent.map(plain))) : "",
    explain.evidence?.length ? section("Evidence", bullets(explain.evidence.map((r) => evidence(r, model, go)))) : "",
    explain.would_change?.length ? section("What would change our mind", bullets(explain.would_change.map((s) => s.charAt(0).toUpperCase() + s.slice(1)))) : "",
    el("p", { class: "soft" }, `Rule ${event.rule ?? "withheld"} \u00b7 version ${event.version ?? "withheld"} \u00b7 `, el("code", {}, event.event)),
  ];
}

export function vesselPanel(v, told, model, close, go) {
  const identity = told?.vessels?.[0] || {};
  const heard = identity.evidence || {};
  const sure = (part, value) => {
    if (value === null || value === undefined || value === "") return null;
    const said = heard[part] || [];
    const own = said.find((c) => String(c.value) === String(value));
    const others = said.filter((c) => c !== own);
    return [String(value), own && others.length ? el("span", { class: "soft" }, ` (${percent(own.p)} of its claims)`) : "",
      others.length ? el("div", { class: "soft" }, "Also claimed: " + others.slice(0, 5).map((c) => `${c.value} (${percent(c.p)})`).join(", ")) : ""];
  };
  const events = (told?.events || []).toSorted((a, b) => seconds(b.t_start) - seconds(a.t_start));
  return [
    head(nameOf(v), close),
    el("p", { class: "soft" }, "What the vessel says of itself; a claim, not a finding."),
    facts([
      ["Name", sure("name", v.name)], ["MMSI", v.mmsi && String(v.mmsi).padStart(9, "0")], ["IMO", sure("imo", identity.imo)],
      ["Call sign", sure("callsign", identity.callsign)], ["Flag", v.flag], ["Class", v.class && plain(v.class)],
      ["Length, m", sure("length_m", identity.length_m)], ["On lists", (heard.lists || []).map((l) => `${l.value}${l.reason ? ": " + l.reason : ""}`).join("; ")],
      ["Newest position", place(v.lon, v.lat)], ["Reported", time(model.newest - v.age, true)],
      ["Speed", v.sog === null ? "unknown" : `${number(v.sog)} kn`], ["Heading", v.dir === null ? "unknown" : `${String(v.dir).padStart(3, "0")}\u00b0`],
    ]),
    section("Events", events.length ? bullets(events.map((e) => {
      const a = model.alerts.find((x) => x.event === e.event);
      const said = `${what(e, model)}, ${time(seconds(e.t_start))}${e.t_end ? " to " + time(seconds(e.t_end)) : ", still going on"}`;
      return a ? el("button", { type: "button", class: "link", onclick: () => go("alerts", a.alert) }, said) : said;
    })) : el("p", { class: "soft" }, told ? "None in this view." : "Not available.")),
  ];
}

export function detectionPanel(d, match, model, close) {
  return [
    head("Detection: " + STATES[d.state], close),
    facts([
      ["Sensor", plain(sensor(d.sensor))], ["Seen", time(model.newest - d.age, true)], ["Place", place(d.lon, d.lat)],
      ["Length", d.length === null ? "unknown" : `${d.length} m`],
      ["Does not transmit", d.p_dark === null ? (d.state === "q" ? "the data cannot tell" : null) : `${percent(d.p_dark / 100)} probable`],
    ]),
    match?.reasons?.length ? section("Reasons", reasons(match.reasons)) : "",
    el("p", { class: "soft" }, "AIS-unmatched is no verdict: reception has holes, and not every vessel must transmit."),
  ];
}

export function withheldPanel(told, close) {
  const rows = told.rows.filter((r) => r.effect === "deny"), columns = told.rows.filter((r) => r.effect !== "deny");
  const total = rows.reduce((n, r) => n + r.rows, 0);
  const table = (title, list, what) => list.length ? section(title, el("table", { class: "groups" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, what), el("th", { scope: "col" }, "Why"), el("th", { scope: "col", class: "num" }, "Rows"))),
    el("tbody", {}, list.map((r) => el("tr", {}, el("th", { scope: "row" }, what === "Column" ? `${r.table}.${r.column}` : plain(r.table)),
      el("td", {}, r.text.charAt(0).toUpperCase() + r.text.slice(1), r.policy ? el("span", { class: "soft" }, ` (${r.policy})`) : "",
        what === "Column" || !r.examples.length ? "" : el("details", {}, el("summary", {}, "Examples"), el("ul", {}, r.examples.map((x) => el("li", {}, el("code", {}, x)))))),
      el("td", { class: "num" }, r.rows.toLocaleString("en"))))))) : "";
  return [
    head(`Withheld from ${told.name}`, close),
    el("p", {}, `${count(total, "row")} of yours ${total === 1 ? "does" : "do"} not go to ${told.name}. Only you see this list; it uses your own ids.`),
    table("Rows that do not go", rows, "Table"),
    table("Columns that do not go", columns, "Column"),
  ];
}
