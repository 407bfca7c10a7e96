// The page: what is shown, whose view it is, and what the hands do.
import { View, busiest } from "./view.js";
import { Coast } from "./coast.js";
import * as draw from "./draw.js";
import * as panels from "./panels.js";
import { modelOf, tracksOf } from "./model.js";
import { STATES, count, place, plain, sensor, span, time } from "./words.js";

const $ = (id) => document.getElementById(id);
const REFRESH_MS = 60000;
const OLD_S = 3600;
const NM_M = 1852;
const EARTH_M = 40075016.7;
const LAYERS = { vessels: "Vessels", tracks: "Tracks", detections: "Detections", alerts: "Alerts", zones: "Zones", looks: "Looks taken", names: "Vessel names" };

const canvas = $("map"), ctx = canvas.getContext("2d");
const view = new View();
const coast = new Coast(() => redraw());
const state = {
  partner: "self", tab: "alerts", selected: null, told: null, model: null, tracks: [], marked: new Set(), withheld: null, etag: null,
  on: { vessels: true, tracks: true, detections: true, alerts: true, zones: true, looks: true, names: false },
};
let colours = draw.palette();
let busy = 0, framed = false;

// ---- asking the node

async function ask(path, query = {}) {
  const url = new URL("/api/v1/" + path, location.origin);
  for (const [k, v] of Object.entries(query)) url.searchParams.set(k, v);
  busy++;
  document.documentElement.dataset.idle = "false";
  try {
    const r = await fetch(url);
    const body = await r.json();
    if (!r.ok) throw new Error(body.error?.message || `HTTP ${r.status}`);
    return { body, etag: r.headers.get("ETag") };
  } finally {
    busy--;
    redraw();
  }
}

const say = (text) => { $("count").textContent = text; };
const fail = (e) => { say(`This node did not answer: ${e.message}`); document.body.classList.add("failed"); };

async function load(keep = false) {
  const partner = state.partner;
  const { body, etag } = await ask("picture", { partner });
  if (partner !== state.partner || (keep && etag === state.etag)) return;
  state.etag = etag;
  state.model = modelOf(body);
  if (!keep) { state.tracks = []; close(false); }
  const select = $("partner");
  const names = body.partners.map(([id, name]) => [id, id === "self" ? `${name} (owner)` : `${name} (${id})`]);
  if (select.options.length !== names.length) select.replaceChildren(...names.map(([id, name]) => panels.el("option", { value: id }, name)));
  select.value = partner;
  if (state.selected?.it) state.selected.it = thing(state.selected.tab, state.selected.id) || state.selected.it;
  told();
  lists();
  if (!framed) { frame(); framed = true; }
  redraw();
  ask("picture/tracks", { partner }).then(({ body: t }) => {
    if (partner === state.partner) { state.tracks = tracksOf(t.tracks); redraw(); }
  }).catch(fail);
  if (partner !== "self") released(partner).catch(fail);
}

async function released(partner) {
  const { body } = await ask("withheld", { partner });
  if (partner !== state.partner) return;
  state.withheld = body;
  const gone = body.rows.filter((r) => r.effect === "deny").reduce((n, r) => n + r.rows, 0);
  $("released-text").textContent = `You see what ${body.name} is released. Withheld: ${count(gone, "row")} of the owner's picture.`;
}

function told() {
  const m = state.model, now = Date.now() / 1000;
  const own = m.partner === "self";
  $("released").hidden = own;
  $("sighting").hidden = !own;
  if (!own) $("released-text").textContent = `You see what ${m.partner} is released.`;
  document.body.classList.toggle("shared", !own);
  document.body.classList.remove("failed");
  const age = m.newest === null ? null : now - m.newest;
  $("age").textContent = age === null ? "No positions yet" : `Newest position ${time(m.newest, true)}, ${age < 0 ? "ahead of this clock" : span(age) + " ago"}`;
  $("age").classList.toggle("old", age === null || age > OLD_S);
  $("range").textContent = m.oldest === null || m.newest === null ? "" : `${time(m.oldest, true)} to ${time(m.newest, true)}`;
  say(`${count(m.vessels.length, "vessel")}, ${count(m.alerts.length, "alert")}, ${count(m.detections.length, "detection")}`);
}

// ---- lists and details

function lists() {
  for (const t of ["alerts", "vessels", "detections"]) {
    const tab = $("tab-" + t), on = t === state.tab;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    tab.replaceChildren(plain(t), panels.el("span", { class: "n" }, String(state.model[t].length)));
  }
  $("list").setAttribute("aria-labelledby", "tab-" + state.tab);
  const focused = $("list").contains(document.activeElement) ? document.activeElement.dataset.id : null;
  panels.list($("list"), state.tab, state.model, $("find").value, state.selected?.id ?? null, (id) => choose(state.tab, id));
  if (focused) entry(focused)?.focus();
}

const entry = (id) => $("list").querySelector(`[data-id="${CSS.escape(id)}"]`);

const thing = (tab, id) => {
  const m = state.model;
  return tab === "alerts" ? m.alerts.find((a) => a.alert === id) : tab === "vessels" ? m.vesselBy.get(id) : m.detectionBy.get(id);
};

async function choose(tab, id, { move = true } = {}) {
  const it = thing(tab, id);
  if (!it) return;
  const partner = state.partner;
  state.tab = tab;
  state.selected = { tab, id, it };
  state.marked = new Set([...(it.movers || []), ...(it.zones || []), id]);
  if (move && it.wx !== null) reveal(it);
  redraw();
  const back = () => close();
  const still = () => state.selected?.id === id && partner === state.partner;
  try {
    if (tab === "alerts") {
      const { body } = await ask(`events/${encodeURIComponent(it.event)}`, { partner });
      if (!still()) return;
      for (const ref of body.explain.evidence || []) state.marked.add(ref);
      show(panels.alertPanel(it, state.model, body, back, choose));
    } else if (tab === "vessels") {
      const body = it.vessel ? (await ask(`vessels/${encodeURIComponent(it.vessel)}`, { partner, track: "false" })).body : null;
      if (still()) show(panels.vesselPanel(it, body, state.model, back, choose));
    } else {
      const { body } = await ask("matches", { partner, ids: id });
      if (still()) show(panels.detectionPanel(it, body.rows[0], state.model, back));
    }
  } catch (e) { fail(e); }
}

function show(parts) {
  $("panel").replaceChildren(...parts.filter(Boolean));
  $("panel").hidden = false;
  $("lists").hidden = true;
  $("side").scrollTop = 0;
  $("panel").focus({ preventScroll: true });
  remember();
  redraw();
}

/** Nothing of what one partner sees is left to choose from while another's view is on its way. */
function forget() {
  close(false);
  Object.assign(state, { model: null, tracks: [] });
  $("list").replaceChildren();
  redraw();
}

function close(focus = true) {
  const id = state.selected?.id;
  state.selected = null;
  state.marked = new Set();
  $("panel").hidden = true;
  $("lists").hidden = false;
  lists();
  if (focus) (entry(id ?? "") || $("list")).focus();
  remember();
  redraw();
}

// ---- the map

function reveal(it) {
  const x = view.x(it.wx + Math.round(view.cx - it.wx)), y = view.y(it.wy);
  const inside = x > 60 && x < view.w - 60 && y > 60 && y < view.h - 60;
  if (!inside || view.zoomLevel < 6) view.goto(it.lon, it.lat, Math.max(view.scale, 256 * 2 ** 7));
}

function frame() {
  const m = state.model;
  const some = m.vessels.length ? m.vessels.filter((v) => v.wx !== null) : m.alerts.filter((a) => a.wx !== null);
  const box = busiest(some.map((v) => v.lon), some.map((v) => v.lat));
  if (box) view.fit(box);
}

function remember() {
  const q = new URLSearchParams({ view: view.toString(), partner: state.partner });
  if (state.selected) q.set(state.selected.tab, state.selected.id);
  history.replaceState(null, "", "#" + q);
}

let asked = 0;
function redraw() {
  if (!asked) asked = requestAnimationFrame(paint);
}

function paint() {
  asked = 0;
  const dpr = window.devicePixelRatio || 1;
  const { clientWidth: w, clientHeight: h } = canvas;
  if (canvas.width !== Math.round(w * dpr) || canvas.height !== Math.round(h * dpr)) {
    canvas.width = Math.round(w * dpr);
    canvas.height = Math.round(h * dpr);
  }
  view.resize(w, h);
  const m = state.model, c = colours, s = state.on;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  ctx.fillStyle = c.sea;
  ctx.fillRect(0, 0, w, h);
  coast.draw(ctx, view, dpr, c);
  const labels = [draw.grid(ctx, view, c)];
  if (m) {
    if (s.zones) labels.push(draw.zones(ctx, view, m, c, state.marked));
    if (s.looks) draw.looks(ctx, view, m, c);
    if (s.tracks) draw.tracks(ctx, view, state.tracks, c, c.track, 1.1, 0.55);
    chosenTracks(m, c);
    for (const l of labels) l();
    if (s.detections) draw.detections(ctx, view, m, c, state.marked);
    if (s.vessels) draw.vessels(ctx, view, m, c, s.names || view.zoomLevel > 9.5);
    if (s.alerts) draw.alerts(ctx, view, m, c);
    const it = state.selected?.it;
    if (it && it.wx !== null) draw.mark(ctx, view, it.wx, it.wy, c);
  }
  scale();
  document.documentElement.dataset.idle = String(Boolean(m) && busy === 0 && coast.pending === 0);
}

function chosenTracks(m, c) {
  const it = state.selected?.it;
  if (!it) return;
  const movers = new Set(it.movers || [it.mover]);
  const mine = state.tracks.filter((t) => movers.has(t.mover));
  draw.tracks(ctx, view, mine, c, c.accent, 2, 0.9);
  if (it.start) draw.tracks(ctx, view, mine, c, c.danger, 3.5, 0.9, it.start, it.end ?? m.newest);
}

function scale() {
  const perPx = (EARTH_M * Math.cos((view.lat(view.h / 2) * Math.PI) / 180)) / view.scale / NM_M;
  const nm = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].filter((n) => n / perPx <= 120).pop() || 0.1;
  $("scale").style.width = `${Math.round(nm / perPx)}px`;
  $("scale").textContent = `${nm} nmi`;
}

function nearest(px, py, reach = 14) {
  const m = state.model, s = state.on;
  let best = null, least = reach;
  const look = (tab, id, it, lift = 0, gain = 0) => {
    if (it.wx === null) return;
    for (const n of view.copies(it.wx)) {
      const d = Math.hypot(view.x(it.wx + n) - px, view.y(it.wy) - lift - py) - gain;
      if (d < least) { least = d; best = { tab, id, it }; }
    }
  };
  if (s.vessels) for (const v of m.vessels) look("vessels", v.mover, v);
  if (s.detections) for (const d of m.detections) look("detections", d.detection, d);
  if (s.alerts) for (const a of m.alerts) look("alerts", a.alert, a, 13, 2);
  return best;
}

const titleOf = ({ tab, it }) => (tab === "vessels" ? panels.nameOf(it) : tab === "alerts" ? `${panels.what(it, state.model)}, severity ${it.severity ?? "?"}` : `${plain(STATES[it.state])}, ${sensor(it.sensor)}`);

function hands() {
  const down = new Map();
  let moved = 0, gap = 0;
  const at = (e) => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
  canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); down.set(e.pointerId, at(e)); moved = 0; gap = 0; });
  canvas.addEventListener("pointermove", (e) => {
    const [x, y] = at(e), before = down.get(e.pointerId);
    if (!before) {
      const found = state.model && nearest(x, y);
      canvas.style.cursor = found ? "pointer" : "";
      $("cursor").textContent = place(view.lon(x), view.lat(y)) + (found ? ` \u00b7 ${titleOf(found)}` : "");
      return;
    }
    moved += Math.hypot(x - before[0], y - before[1]);
    down.set(e.pointerId, [x, y]);
    view.pan((x - before[0]) / down.size, (y - before[1]) / down.size);
    if (down.size === 2) {
      const [a, b] = [...down.values()], wide = Math.hypot(a[0] - b[0], a[1] - b[1]);
      if (gap) view.zoom(wide / gap, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
      gap = wide;
    }
    redraw();
  });
  const up = (e) => {
    if (!down.has(e.pointerId)) return;
    down.delete(e.pointerId);
    gap = 0;
    if (e.type === "pointerup" && moved < 6 && state.model) {
      const found = nearest(...at(e), e.pointerType === "mouse" ? 14 : 24);
      if (found) choose(found.tab, found.id, { move: false });
    } else remember();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    view.zoom(Math.exp(-Math.max(-120, Math.min(120, e.deltaY)) / 240), ...at(e));
    redraw();
    remember();
  }, { passive: false });
  canvas.addEventListener("dblclick", (e) => { view.zoom(2, ...at(e)); redraw(); remember(); });
  canvas.addEventListener("keydown", (e) => {
    const step = 80;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (moves[e.key]) view.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") view.zoom(1.5);
    else if (e.key === "-" || e.key === "_") view.zoom(1 / 1.5);
    else if (e.key === "0") frame();
    else return;
    e.preventDefault();
    redraw();
    remember();
  });
}

// ---- the page around it

function furnish() {
  const zoom = (f) => () => { view.zoom(f); redraw(); remember(); };
  $("zoom-in").onclick = zoom(1.5);
  $("zoom-out").onclick = zoom(1 / 1.5);
  $("fit").onclick = () => { if (state.model) frame(); redraw(); remember(); };
  $("find").addEventListener("input", () => state.model && lists());
  $("partner").addEventListener("change", (e) => { state.partner = e.target.value; framed = false; forget(); remember(); load().catch(fail); });
  $("why-withheld").onclick = () => {
    if (!state.withheld) return;
    state.selected = { tab: state.tab, id: null, it: null };
    show(panels.withheldPanel(state.withheld, () => { close(false); $("why-withheld").focus(); }));
  };
  $("sighting").onclick = async () => {
    if (!state.model) return;
    const { sightingPanel } = await import("./sighting.js").catch(fail) || {};
    if (!sightingPanel) return;
    const at = { lat: view.lat(view.h / 2).toFixed(4), lon: view.lon(view.w / 2).toFixed(4) };
    state.selected = { tab: state.tab, id: null, it: null };
    show(sightingPanel(at, () => { close(false); $("sighting").focus(); }, sighted));
    $("panel").querySelector("input").focus();
  };
  const tabs = ["alerts", "vessels", "detections"];
  const open = (t) => { state.tab = t; lists(); $("tab-" + t).focus(); };
  for (const t of tabs) {
    $("tab-" + t).onclick = () => state.model && open(t);
    $("tab-" + t).addEventListener("keydown", (e) => {
      const by = { ArrowRight: 1, ArrowLeft: 2 }[e.key];
      if (by && state.model) { e.preventDefault(); open(tabs[(tabs.indexOf(t) + by) % 3]); }
    });
  }
  $("layers").append(...Object.entries(LAYERS).map(([id, name]) => {
    const box = panels.el("input", { type: "checkbox", checked: state.on[id] });
    box.addEventListener("change", () => { state.on[id] = box.checked; redraw(); });
    return panels.el("label", {}, box, name);
  }));
  addEventListener("keydown", (e) => { if (e.key === "Escape" && !$("panel").hidden) $("panel").querySelector(".close").click(); });
  new ResizeObserver(redraw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = draw.palette(); legend(); redraw(); });
  setInterval(() => { if (!document.hidden) load(true).catch(fail); }, REFRESH_MS);
  legend();
}

/** A sighting was filed: fetch the picture anew and show it. */
async function sighted(filed) {
  try {
    await load(true);
    if (thing("detections", filed.detection)) await choose("detections", filed.detection);
    else close();
    say(filed.new ? "The sighting is filed." : "The very same sighting was there already.");
  } catch (e) { fail(e); }
}

function legend() {
  const rows = [
    ["Vessel under way; fades with age", (c, x, y) => draw.symbol.vessel(c, x, y, 45, false, colours.vessel, 1.1)],
    [`Stopped (below ${draw.STOPPED_KN} kn) or heading unknown`, (c, x, y) => draw.symbol.vessel(c, x, y, null, true, colours.vessel, 1.1)],
    ["Detection matched with AIS", (c, x, y) => draw.symbol.detection(c, x, y, "m", colours)],
    ["Detection AIS-unmatched", (c, x, y) => draw.symbol.detection(c, x, y, "u", colours)],
    ["Detection: cannot tell", (c, x, y) => draw.symbol.detection(c, x, y, "q", colours)],
    ["Alert, with its severity", (c, x, y) => draw.symbol.alert(c, x, y + 10, 3, colours)],
    ["Track; dashed: silent over 30 min", (c, x, y) => { c.strokeStyle = colours.track; c.lineWidth = 1.5; c.beginPath(); c.moveTo(x - 12, y); c.lineTo(x - 2, y); c.stroke(); c.setLineDash([3, 3]); c.beginPath(); c.moveTo(x - 2, y); c.lineTo(x + 12, y); c.stroke(); c.setLineDash([]); }],
    ["Look of a sensor", (c, x, y) => { c.strokeStyle = colours.look; c.setLineDash([1, 3]); c.lineWidth = 1.5; c.strokeRect(x - 9, y - 6, 18, 12); c.setLineDash([]); }],
  ];
  const dpr = window.devicePixelRatio || 1;
  $("symbols").replaceChildren(...rows.map(([words, paintIt]) => {
    const box = panels.el("canvas", { width: 28 * dpr, height: 24 * dpr, "aria-hidden": "true" });
    const c = box.getContext("2d");
    c.scale(dpr, dpr);
    paintIt(c, 14, 12);
    return panels.el("li", {}, box, words);
  }));
}

async function start() {
  furnish();
  hands();
  const q = new URLSearchParams(location.hash.slice(1));
  state.partner = q.get("partner") || "self";
  view.resize(canvas.clientWidth, canvas.clientHeight);
  framed = view.read(q.get("view"));
  coast.get("world");
  redraw();
  await load();
  for (const tab of ["alerts", "vessels", "detections"]) if (q.get(tab)) await choose(tab, q.get(tab), { move: false });
}

start().catch(fail);
