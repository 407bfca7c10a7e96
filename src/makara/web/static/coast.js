// The coast: tiles in the form of tools/make_coast.py, fetched when they come into view, drawn as paths.
import { worldX, worldY } from "./view.js";

const UNIT = 2 ** 14; // path units a world: keeps paths within what 32-bit floats hold
const SIDE = 15;
const RETRY_MS = 30000;
const NEAR = 4.2; // zoom level from which tiles are drawn instead of the coarse world

function decode(buffer) {
  if (buffer.byteLength < 10) return null;
  const head = new DataView(buffer);
  const west = head.getInt16(0, true), south = head.getInt16(2, true);
  const wide = head.getUint16(4, true), high = head.getUint16(6, true), steps = head.getUint16(8, true);
  const bytes = new Uint8Array(buffer);
  let at = 10;
  const next = () => {
    let n = 0, shift = 0, b;
    do { b = bytes[at++]; n += (b & 127) * 2 ** shift; shift += 7; } while (b & 128);
    return n;
  };
  const signed = () => { const n = next(); return n & 1 ? -(n + 1) / 2 : n / 2; };
  const fill = new Path2D(), shore = new Path2D(), cut = new Path2D();
  const x0 = worldX(west), y0 = worldY(south + high);
  const put = (x, y) => [(worldX(west + x / steps) - x0) * UNIT, (worldY(south + y / steps) - y0) * UNIT];
  const onEdge = (a, b) =>
    (a[0] === b[0] && (a[0] === 0 || a[0] === wide * steps)) || (a[1] === b[1] && (a[1] === 0 || a[1] === high * steps));
  for (let rings = next(); rings > 0; rings--) {
    const points = [];
    let x = 0, y = 0;
    for (let n = next(); n > 0; n--) points.push([(x += signed()), (y += signed())]);
    const drawn = points.map((p) => put(p[0], p[1]));
    drawn.forEach((p, i) => (i ? fill.lineTo(p[0], p[1]) : fill.moveTo(p[0], p[1])));
    fill.closePath();
    let pen = null;
    points.forEach((p, i) => {
      const j = (i + 1) % points.length;
      const path = onEdge(p, points[j]) ? cut : shore;
      if (pen !== path) path.moveTo(drawn[i][0], drawn[i][1]);
      path.lineTo(drawn[j][0], drawn[j][1]);
      pen = path;
    });
  }
  return { x0, y0, x1: worldX(west + wide), fill, shore, cut };
}

export class Coast {
  constructor(changed) {
    this.tiles = new Map();
    this.changed = changed;
    this.pending = 0;
  }

  get(name) {
    if (!this.tiles.has(name)) {
      this.tiles.set(name, undefined);
      this.pending++;
      fetch("/coast/" + name)
        .then((r) => (r.ok ? r.arrayBuffer() : Promise.reject(new Error(r.status))))
        .then((b) => this.tiles.set(name, decode(b)))
        .catch(() => setTimeout(() => { this.tiles.delete(name); this.changed(); }, RETRY_MS))
        .finally(() => { this.pending--; this.changed(); });
    }
    return this.tiles.get(name);
  }

  wanted(view) {
    if (view.zoomLevel < NEAR) return [];
    const half = view.w / 2 / view.scale;
    const names = new Set();
    const y1 = Math.floor((view.lat(0) + 90) / SIDE), y0 = Math.floor((view.lat(view.h) + 90) / SIDE);
    for (let c = Math.floor((view.cx - half) * 24); c <= Math.floor((view.cx + half) * 24); c++)
      for (let y = Math.max(0, y0); y <= Math.min(11, y1); y++) names.add((((c % 24) + 24) % 24) + "_" + y);
    return [...names];
  }

  draw(ctx, view, dpr, colours) {
    const near = this.wanted(view).map((n) => this.get(n));
    // the coarse world stands in where tiles are far off or still on their way
    const ready = near.length && near.every((t) => t !== undefined);
    const shown = ready ? near.filter(Boolean) : [this.get("world")].filter(Boolean);
    const k = view.scale / UNIT;
    for (const t of shown)
      for (const n of view.copies(t.x0, t.x1, 2)) {
        ctx.setTransform(dpr * k, 0, 0, dpr * k, dpr * view.x(t.x0 + n), dpr * view.y(t.y0));
        ctx.fillStyle = colours.land;
        ctx.fill(t.fill, "evenodd");
        ctx.lineWidth = 1 / k;
        ctx.strokeStyle = colours.land;
        ctx.stroke(t.cut);
        ctx.strokeStyle = colours.coast;
        ctx.stroke(t.shore);
      }
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  }
}
