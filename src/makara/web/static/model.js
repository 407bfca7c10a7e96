// From the compact picture (columns, whole numbers; see the API's description) to things with names and places.
import { worldX, worldY } from "./view.js";
import { shapes, unroll } from "./draw.js";
import { absent, nameOf } from "./panels.js";
import { sensor } from "./words.js";

const UNIT = 10000;

const rowsOf = (columns) => {
  const names = Object.keys(columns);
  return (columns[names[0]] || []).map((_, i) => Object.fromEntries(names.map((n) => [n, columns[n][i]])));
};

function placed(r) {
  r.lon = r.x === null ? null : r.x / UNIT;
  r.lat = r.y === null ? null : r.y / UNIT;
  r.wx = r.x === null ? null : worldX(r.lon);
  r.wy = r.y === null ? null : worldY(r.lat);
  return r;
}

export function modelOf(p) {
  const m = { partner: p.partner, newest: p.newest, oldest: p.oldest };
  m.vessels = rowsOf(p.vessels).map((v) => Object.assign(placed(v), { sog: v.sog === null ? null : v.sog / 10 }));
  m.vesselBy = new Map(m.vessels.map((v) => [v.mover, v]));
  m.detections = rowsOf(p.detections).map(placed).filter((d) => d.wx !== null);
  m.detectionBy = new Map(m.detections.map((d) => [d.detection, d]));
  const order = { u: 0, q: 1, m: 2 };
  m.detections.sort((a, b) => order[a.state] - order[b.state] || (b.p_dark ?? 0) - (a.p_dark ?? 0));
  m.zones = rowsOf(p.zones);
  shapes(p.zones.shape).forEach((s, i) => { m.zones[i].shape = s; });
  m.zoneName = new Map(m.zones.map((z) => [z.zone, z.name]));
  m.looks = rowsOf(p.looks);
  shapes(p.looks.shape).forEach((s, i) => { m.looks[i].shape = s; });
  m.alerts = rowsOf(p.alerts).map(placed);
  for (const a of m.alerts) {
    a.names = (a.movers || []).map((id) => {
      const v = m.vesselBy.get(id), d = m.detectionBy.get(id);
      return v ? nameOf(v) : d ? `${d.length === null ? "" : d.length + " m, "}${sensor(d.sensor)}` : absent(id);
    });
    a.zoneNames = (a.zones || []).map((z) => m.zoneName.get(z)).filter(Boolean);
  }
  m.vessels.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return m;
}

export function tracksOf(t) {
  return t.mover.map((mover, i) => {
    const w = unroll(t.line[i]);
    const times = [];
    t.t[i].reduce((s, d, k) => (times[k] = s + d), 0);
    let a = Infinity, b = -Infinity;
    for (let k = 0; k < w.length; k += 2) { a = Math.min(a, w[k]); b = Math.max(b, w[k]); }
    return { mover, on: t.on[i] === 1, w, times, extent: [a, b] };
  });
}
