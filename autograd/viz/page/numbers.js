// Numbers and summaries of tensors: how they read.

export function readNumber(v) {
  if (v === "nan") return NaN;
  if (v === "inf") return Infinity;
  if (v === "-inf") return -Infinity;
  return v;
}

export function formatNumber(v) {
  if (typeof v !== "number") return String(v);
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  if (Object.is(v, -0)) return "0";
  return digits(v).replace(/-/g, "−");
}

function digits(v) {
  if (Number.isInteger(v) && Math.abs(v) < 1e6) return String(v);
  const size = Math.abs(v);
  if (size >= 1e5 || size < 1e-3) return v.toExponential(2).replace("e+", "e");
  return String(Number(v.toPrecision(4)));
}

export function formatShape(shape) {
  return "[" + shape.map((n) => (Array.isArray(n) ? formatShape(n) : n)).join(", ") + "]";
}

export function formatBytes(n) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let k = 0;
  while (n >= 1024 && k < 3) { n /= 1024; k += 1; }
  return `${k ? n.toFixed(1) : n} ${units[k]}`;
}

export const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

export const isScalar = (s) => s !== null && s.values !== undefined && s.values.length === 1;

// The number of a tensor of one element, the shape of a larger one.
export function brief(s) {
  if (s === null) return "—";
  return isScalar(s) ? formatNumber(s.values[0]) : formatShape(s.shape);
}

// min, max, mean, std, norm, zeros: given for large tensors, worked out for small ones.
export function statistics(s) {
  if (s.values === undefined) return s;
  const v = s.values.map(Number).filter(Number.isFinite);
  if (!v.length) return {};
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  return {
    min: Math.min(...v), max: Math.max(...v), mean,
    std: Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length),
    norm: Math.hypot(...v), zeros: v.filter((x) => x === 0).length,
  };
}

// One sentence on a tensor, for lists and screen readers.
export function normOf(s) {
  return s.norm ?? (s.values === undefined ? NaN : Math.hypot(...s.values.map(Number).filter(Number.isFinite)));
}

export function inWords(s) {
  if (s === null) return "not computed yet";
  if (isScalar(s)) return formatNumber(s.values[0]);
  if (s.values !== undefined && s.values.length && s.values.length <= 6) {
    return "[" + s.values.map(formatNumber).join(", ") + "]";
  }
  return `${formatShape(s.shape)} of norm ${formatNumber(statistics(s).norm ?? NaN)}`;
}

export function formatCount(n) {
  for (const [size, unit] of [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e3, " k"]]) {
    if (n >= size) return `${Number((n / size).toPrecision(3))}${unit}`;
  }
  return String(n);
}
