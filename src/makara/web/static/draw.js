// Drawing: everything on the map but the coast. Shapes tell things apart; hue only helps.
import { worldX, worldY } from "./view.js";

const UNIT = 10000;
export const STOPPED_KN = 0.5;
const FADE_S = 6 * 3600;

// [x, y, dx, dy, ...] in 1e-4 degrees to world coordinates, running on across 180.
export function unroll(steps) {
  const out = new Float64Array(steps.length);
  let x = 0, y = 0;
  for (let i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    out[i] = worldX(x / UNIT);
    out[i + 1] = worldY(y / UNIT);
  }
  return out;
}

export function palette() {
  const css = getComputedStyle(document.documentElement);
  const names = "sea land coast grid ink soft accent vessel dark matched unsure track look danger z-eez z-closed z-port z-cable z-lane s1 s2 s3 s4 halo";
  return Object.fromEntries(names.split(" ").map((n) => [n, css.getPropertyValue("--" + n).trim()]));
}

const ZONE = {
  eez: ["z-eez", [10, 4], 0], closed: ["z-closed", [], 0.1], mpa: ["z-closed", [2, 3], 0.06], port: ["z-port", [], 0.12],
  anchorage: ["z-port", [3, 3], 0.08], lane: ["z-lane", [6, 3], 0.05], cable: ["z-cable", [], 0], risk: ["z-closed", [8, 3], 0.06],
  infrastructure: ["z-cable", [2, 2], 0.1], buffer: ["z-eez", [2, 4], 0.04],
};

const line = (ctx, view, w, n) => {
  for (let i = 0; i < w.length; i += 2) {
    const x = view.x(w[i] + n), y = view.y(w[i + 1]);
    i ? ctx.lineTo(x, y) : ctx.moveTo(x, y);
  }
};

// An outline; edges along 180 degrees come from the cut and are not drawn.
const outline = (ctx, view, w, n) => {
  let pen = false;
  const seam = (x) => Math.abs(x - Math.round(x)) < 1e-9;
  for (let i = 0; i < w.length; i += 2) {
    const j = i - 2;
    if (i && seam(w[i]) && seam(w[j]) && w[i] === w[j]) { pen = false; continue; }
    if (!pen && i) ctx.moveTo(view.x(w[j] + n), view.y(w[j + 1]));
    if (i) ctx.lineTo(view.x(w[i] + n), view.y(w[i + 1]));
    pen = i > 0;
  }
};

const extent = (w) => {
  let a = Infinity, b = -Infinity;
  for (let i = 0; i < w.length; i += 2) { a = Math.min(a, w[i]); b = Math.max(b, w[i]); }
  return [a, b];
};

export function shapes(list) {
  return list.map((parts) => parts.map(([type, steps]) => {
    const w = unroll(steps);
    return { type, w, extent: extent(w) };
  }));
}

export const symbol = {
  vessel(ctx, x, y, dir, stopped, colour, size = 1) {
    ctx.beginPath();
    if (stopped || dir === null) {
      ctx.arc(x, y, 3.2 * size, 0, 7);
    } else {
      const a = (dir * Math.PI) / 180, s = Math.sin(a), c = Math.cos(a);
      const at = (u, v) => [x + u * c + v * s, y + u * s - v * c];
      ctx.moveTo(...at(0, 8 * size));
      ctx.lineTo(...at(4 * size, -5 * size));
      ctx.lineTo(...at(0, -3 * size));
      ctx.lineTo(...at(-4 * size, -5 * size));
      ctx.closePath();
    }
    ctx.fillStyle = colour;
    ctx.fill();
  },
  detection(ctx, x, y, state, c) {
    ctx.lineWidth = 1.8;
    ctx.beginPath();
    if (state === "u") { // open diamond
      ctx.moveTo(x, y - 6.5); ctx.lineTo(x + 6.5, y); ctx.lineTo(x, y + 6.5); ctx.lineTo(x - 6.5, y); ctx.closePath();
      ctx.fillStyle = c.halo; ctx.fill();
      ctx.strokeStyle = c.dark; ctx.stroke();
      ctx.beginPath(); ctx.arc(x, y, 1.5, 0, 7); ctx.fillStyle = c.dark; ctx.fill();
    } else if (state === "m") { // square
      ctx.rect(x - 4, y - 4, 8, 8);
      ctx.strokeStyle = c.matched; ctx.stroke();
    } else { // cross
      ctx.moveTo(x - 4, y - 4); ctx.lineTo(x + 4, y + 4); ctx.moveTo(x + 4, y - 4); ctx.lineTo(x - 4, y + 4);
      ctx.strokeStyle = c.unsure; ctx.stroke();
    }
  },
  alert(ctx, x, y, severity, c, gone = false) {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - 5, y - 7);
    ctx.arc(x, y - 14, 8.5, 2.2, 0.94);
    ctx.closePath();
    ctx.fillStyle = gone ? c.soft : c["s" + Math.max(1, Math.min(4, severity ?? 1))];
    ctx.fill();
    ctx.lineWidth = 1.2;
    ctx.strokeStyle = c.halo;
    ctx.stroke();
    ctx.fillStyle = "#fff";
    ctx.font = "bold 11px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(severity ?? "?", x, y - 13.5);
  },
  corners(ctx, x, y, c) {
    ctx.strokeStyle = c.accent;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const [i, j] of [[-1, -1], [1, -1], [1, 1], [-1, 1]]) {
      ctx.moveTo(x + 13 * i, y + 7 * j); ctx.lineTo(x + 13 * i, y + 13 * j); ctx.lineTo(x + 7 * i, y + 13 * j);
    }
    ctx.stroke();
  },
};

function text(ctx, s, x, y, c, align = "left", colour = c.ink) {
  ctx.font = "11px system-ui, sans-serif";
  ctx.textAlign = align;
  ctx.textBaseline = "middle";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = c.halo;
  ctx.strokeText(s, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(s, x, y);
}

export function grid(ctx, view, c) {
  const degrees = [45, 30, 15, 10, 5, 2, 1, 0.5, 0.25, 0.1].find((d) => (d / 360) * view.scale < 210) || 0.1;
  const name = (v, plus, minus) => {
    const a = Math.abs(+v.toFixed(2));
    return `${a}\u00b0${a === 0 || a === 180 ? "" : v < 0 ? minus : plus}`;
  };
  ctx.strokeStyle = c.grid;
  ctx.lineWidth = 1;
  const half = view.w / 2 / view.scale;
  const first = Math.ceil(((view.cx - half - 0.5) * 360) / degrees);
  const labels = [];
  ctx.beginPath();
  for (let k = first; (k * degrees) / 360 + 0.5 <= view.cx + half; k++) {
    const x = Math.round(view.x((k * degrees) / 360 + 0.5)) + 0.5;
    ctx.moveTo(x, 0); ctx.lineTo(x, view.h);
    const lon = ((((k * degrees + 180) % 360) + 360) % 360) - 180;
    if (x < view.w - 70 && x > 70) labels.push([name(lon, "E", "W"), x, 9, "center"]);
  }
  for (let k = Math.ceil(view.lat(view.h) / degrees); k * degrees <= view.lat(0); k++) {
    const y = Math.round(view.y(worldY(k * degrees))) + 0.5;
    ctx.moveTo(0, y); ctx.lineTo(view.w, y);
    if (y > 24 && y < view.h - 44) labels.push([name(k * degrees, "N", "S"), 5, y, "left"]);
  }
  ctx.stroke();
  return () => labels.forEach(([s, x, y, align]) => text(ctx, s, x, y, c, align, c.soft));
}

export function zones(ctx, view, model, c, marked) {
  const labels = [];
  for (const z of model.zones) {
    const [colour, dash, alpha] = ZONE[z.kind] || ZONE.buffer;
    const on = marked.has(z.zone);
    let label = null;
    for (const p of z.shape)
      for (const n of view.copies(...p.extent)) {
        ctx.strokeStyle = ctx.fillStyle = c[colour];
        if (p.type === "o") { ctx.beginPath(); ctx.rect(view.x(p.w[0] + n) - 3, view.y(p.w[1]) - 3, 6, 6); ctx.fill(); }
        else {
          if (p.type === "p" && (alpha || on)) {
            ctx.globalAlpha = on ? alpha + 0.08 : alpha;
            ctx.beginPath(); line(ctx, view, p.w, n); ctx.fill();
            ctx.globalAlpha = 1;
          }
          ctx.setLineDash(dash);
          ctx.lineWidth = on ? 2.5 : 1.3;
          ctx.beginPath();
          (p.type === "p" ? outline : line)(ctx, view, p.w, n);
          ctx.stroke();
          ctx.setLineDash([]);
        }
        const wide = (p.extent[1] - p.extent[0]) * view.scale;
        const size = p.type === "o" ? 0 : wide;
        const at = top(view, p, n);
        if (at && (!label || size > label[0])) label = [size, at];
      }
    if (label && (label[0] > 60 || view.zoomLevel > 6.5 || on)) labels.push([z.name ?? "name withheld", ...label[1], c[colour]]);
  }
  return () => {
    const taken = [];
    for (const [s, x, y, colour] of labels) {
      const half = s.length * 3.2;
      if (taken.some(([a, b, h]) => Math.abs(b - y) < 13 && Math.abs(a - x) < h + half)) continue;
      taken.push([x, y, half]);
      text(ctx, s, x, y, c, "center", colour);
    }
  };
}

// Where a zone's name stands: at the top of an area as far as it is on the screen, or in the middle of a line.
function top(view, p, n) {
  if (p.type === "o") return [view.x(p.w[0] + n), view.y(p.w[1]) + 11];
  if (p.type === "l") {
    const i = 2 * Math.floor(p.w.length / 4);
    return [view.x(p.w[i] + n), view.y(p.w[i + 1]) - 9];
  }
  let k = 0;
  for (let i = 2; i < p.w.length; i += 2) if (p.w[i + 1] < p.w[k + 1]) k = i;
  const x = (Math.max(view.x(p.extent[0] + n), 0) + Math.min(view.x(p.extent[1] + n), view.w)) / 2;
  const y = view.y(p.w[k + 1]);
  if (within(view, p.w, n, x, Math.max(y + 12, 24))) return [x, Math.max(y + 12, 24)];
  return y > 24 ? [view.x(p.w[k] + n), y - 8] : null;
}

function within(view, w, n, x, y) {
  let inside = false;
  for (let i = 0, j = w.length - 2; i < w.length; j = i, i += 2) {
    const xi = view.x(w[i] + n), yi = view.y(w[i + 1]), xj = view.x(w[j] + n), yj = view.y(w[j + 1]);
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export function looks(ctx, view, model, c) {
  ctx.setLineDash([1, 4]);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = c.look;
  for (const l of model.looks)
    for (const p of l.shape)
      for (const n of view.copies(...p.extent)) {
        ctx.beginPath(); outline(ctx, view, p.w, n); ctx.stroke();
      }
  ctx.setLineDash([]);
}

export function tracks(ctx, view, list, c, colour, width, alpha, from = -Infinity, to = Infinity) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.globalAlpha = alpha;
  ctx.lineJoin = "round";
  for (let i = 0; i < list.length; i++) {
    const t = list[i];
    if (t.times[t.times.length - 1] < from || t.times[0] > to) continue;
    for (const n of view.copies(...t.extent)) {
      ctx.beginPath();
      if (from === -Infinity) line(ctx, view, t.w, n);
      else {
        let pen = false;
        for (let k = 1; k < t.times.length; k++) {
          if (t.times[k] < from || t.times[k - 1] > to) { pen = false; continue; }
          if (!pen) ctx.moveTo(view.x(t.w[2 * k - 2] + n), view.y(t.w[2 * k - 1]));
          ctx.lineTo(view.x(t.w[2 * k] + n), view.y(t.w[2 * k + 1]));
          pen = true;
        }
      }
      ctx.stroke();
    }
    const next = list[i + 1];
    if (next?.on && next.mover === t.mover && next.times[0] >= from && t.times[t.times.length - 1] <= to) {
      const e = t.w.length - 2, x0 = t.w[e];
      const x1 = x0 + ((((next.w[0] - x0 + 0.5) % 1) + 1) % 1) - 0.5; // the short way
      ctx.setLineDash([4, 5]);
      for (const n of view.copies(Math.min(x0, x1), Math.max(x0, x1))) {
        ctx.beginPath();
        ctx.moveTo(view.x(x0 + n), view.y(t.w[e + 1]));
        ctx.lineTo(view.x(x1 + n), view.y(next.w[1]));
        ctx.stroke();
      }
      ctx.setLineDash([]);
    }
  }
  ctx.globalAlpha = 1;
}

export function vessels(ctx, view, model, c, names) {
  const size = view.zoomLevel < 4 ? 0.75 : view.zoomLevel < 7 ? 1 : 1.25;
  const taken = [];
  for (const v of model.vessels)
    for (const n of view.copies(v.wx)) {
      const x = view.x(v.wx + n), y = view.y(v.wy);
      if (y < -20 || y > view.h + 20) continue;
      ctx.globalAlpha = Math.max(0.35, 1 - (0.65 * v.age) / FADE_S);
      symbol.vessel(ctx, x, y, v.dir, v.sog !== null && v.sog < STOPPED_KN, c.vessel, size);
      ctx.globalAlpha = 1;
      if (names && v.name && !taken.some(([a, b]) => Math.abs(a - x) < 90 && Math.abs(b - y) < 12)) {
        taken.push([x, y]);
        text(ctx, v.name.slice(0, 24), x + 10, y, c);
      }
    }
}

export function detections(ctx, view, model, c, marked) {
  for (const d of model.detections)
    for (const n of view.copies(d.wx)) {
      const x = view.x(d.wx + n), y = view.y(d.wy);
      symbol.detection(ctx, x, y, d.state, c);
      if (marked.has(d.detection)) { ctx.beginPath(); ctx.arc(x, y, 11, 0, 7); ctx.strokeStyle = c.accent; ctx.lineWidth = 2; ctx.stroke(); }
    }
}

export function alerts(ctx, view, model, c) {
  for (let i = model.alerts.length - 1; i >= 0; i--) {
    const a = model.alerts[i];
    if (a.wx === null) continue;
    for (const n of view.copies(a.wx)) symbol.alert(ctx, view.x(a.wx + n), view.y(a.wy), a.severity, c, a.where !== "raised");
  }
}

export function mark(ctx, view, wx, wy, c) {
  for (const n of view.copies(wx)) symbol.corners(ctx, view.x(wx + n), view.y(wy), c);
}
