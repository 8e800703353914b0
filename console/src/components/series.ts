// From stored samples to what a chart draws. Pure. Gaps stay gaps; bad values leave the curve and show in the band.
export type Quality = "good" | "uncertain" | "bad";
export interface Series {
  times: number[];
  values: (number | null)[];
  status: number[];
}
export interface Drawn {
  x: number[];
  y: (number | null)[];
}
export interface Run {
  from: number;
  to: number;
  quality: Quality;
}

/** Severity of an OPC UA status code: its two highest bits (OPC 10000-4, 7.39). */
export function qualityOf(status: number): Quality {
  const severity = Math.floor(status / 2 ** 30);
  return severity === 0 ? "good" : severity === 1 ? "uncertain" : "bad";
}

/** Longest step (ms) that still counts as "no gap": a few usual steps, with the median as the usual one. */
export function longestStep(times: readonly number[], usual = 4): number {
  const steps = times
    .slice(1)
    .map((time, index) => time - times[index]!)
    .sort((a, b) => a - b);
  const median = steps[Math.floor(steps.length / 2)];
  return median === undefined || median <= 0 ? Number.POSITIVE_INFINITY : median * usual;
}

/** When a step is a gap. Live samples (from index `thinFrom` on) come thinned: only a longer pause of them is one. */
export interface Gaps {
  step: number;
  thinFrom: number;
}
export const longestLivePause = 2000; // ms

export function gapsOf(stored: Series): Gaps {
  return { step: longestStep(stored.times), thinFrom: stored.times.length };
}

function isGap({ step, thinFrom }: Gaps, index: number, duration: number): boolean {
  return duration > (index >= thinFrom ? Math.max(step, longestLivePause) : step);
}

/** x in seconds for the chart; a null between two samples that are too far apart, and where a value is bad. */
export function drawn(series: Series, gaps = gapsOf(series)): Drawn {
  const { times, values, status } = series;
  const x: number[] = [],
    y: (number | null)[] = [];
  times.forEach((time, index) => {
    const before = times[index - 1];
    if (before !== undefined && isGap(gaps, index, time - before)) {
      x.push((before + time) / 2000);
      y.push(null);
    }
    x.push(time / 1000);
    y.push(qualityOf(status[index] ?? 0) === "bad" ? null : (values[index] ?? null));
  });
  return { x, y };
}

/** Stretches of one quality (ms), for the band under the curve; nothing where nothing was measured. */
export function runs(series: Series, gaps = gapsOf(series)): Run[] {
  const { times, values, status } = series;
  const found: Run[] = [];
  times.forEach((time, index) => {
    const quality = values[index] === null ? "bad" : qualityOf(status[index] ?? 0);
    const before = found.at(-1);
    if (before && !isGap(gaps, index, time - before.to)) {
      before.to = time; // a stretch lasts until the next sample says otherwise
      if (before.quality === quality) return;
    }
    found.push({ from: time, to: time, quality });
  });
  return found;
}

/** One more sample; what is not newer than the last one is dropped, what is beyond `limit` falls off the front. */
export function append(series: Series, time: number, value: number | null, status: number, limit: number): Series {
  const last = series.times.at(-1);
  if (last !== undefined && time <= last) return series;
  const keep = <T>(values: T[], next: T) =>
    values.length >= limit ? [...values.slice(values.length - limit + 1), next] : [...values, next];
  return { times: keep(series.times, time), values: keep(series.values, value), status: keep(series.status, status) };
}

/** One series behind the other; what is not newer than the first one's end is dropped, the oldest beyond `limit` too. */
export function merged(first: Series, second: Series, limit: number): Series {
  const end = first.times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const found = second.times.findIndex((time) => time > end);
  const from = found < 0 ? second.times.length : found;
  const join = <T>(before: T[], after: T[]) => [...before, ...after.slice(from)].slice(-limit);
  return {
    times: join(first.times, second.times),
    values: join(first.values, second.values),
    status: join(first.status, second.status),
  };
}
