// What all charts have in common: colours from the style sheet, axes, one shared cursor, lines across and marks.
import { useEffect, useRef, useSyncExternalStore, type RefObject } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { number } from "./format";
import type { Quality, Run } from "./series";

export interface Colours { paper: string; ink: string; quiet: string; grid: string; accent: string; good: string; warn: string; bad: string }

const dark = window.matchMedia("(prefers-color-scheme: dark)");
function useDark(): boolean {
  return useSyncExternalStore((changed) => { dark.addEventListener("change", changed); return () => dark.removeEventListener("change", changed); }, () => dark.matches);
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return { paper: read("paper"), ink: read("ink"), quiet: read("quiet"), grid: read("line"), accent: read("accent"), good: read("good"), warn: read("warn"), bad: read("bad") };
}

const font = "11px system-ui, sans-serif";
export const bandPixels = 7;

/** One line, 24 hours: seconds while minutes are shown, dates when days are. */
function timeLabel(seconds: number, span: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (span > 40 * 86400) return `${date.getFullYear()}-${day}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (span > 86400) return `${day} ${clock}`;
  return span > 3600 ? clock : `${clock}:${two(date.getSeconds())}`;
}

/** The catalogue's unit for a plain number is "1". */
export function unitText(unit: string): string {
  return unit === "1" ? "" : unit;
}

export function timeAxis(paint: Colours, gap = 4): uPlot.Axis {
  return { stroke: paint.quiet, grid: { stroke: paint.grid, width: 1 }, ticks: { show: false }, font, size: 20 + gap, gap, space: 70,
    values: (plot, splits) => splits.map((seconds) => timeLabel(seconds, (plot.scales.x?.max ?? 0) - (plot.scales.x?.min ?? 0))) };
}

export function valueAxis(paint: Colours, unit: string): uPlot.Axis {
  return { stroke: paint.quiet, grid: { stroke: paint.grid, width: 1 }, ticks: { show: false }, font, size: 52, gap: 5, space: 26,
    label: unitText(unit) || "no unit", labelFont: font, labelSize: 15, labelGap: 0, values: (_, splits) => splits.map((value) => number(value, 5)) };
}

export function options(paint: Colours, unit: string, sync: string, more: Partial<uPlot.Options>): Omit<uPlot.Options, "width" | "height"> {
  return { padding: [10, 10, 0, 0], legend: { show: false }, series: [{}],
    cursor: { sync: { key: sync }, points: { size: 6 }, drag: { x: true, y: false } },
    axes: [timeAxis(paint), valueAxis(paint, unit)], ...more };
}

/** A stretch of quality under the curve. Height tells it too, for those who do not see the colour. */
export function bandPlugin(paint: Colours, current: () => readonly Run[]): uPlot.Plugin {
  const look: Record<Quality, { colour: string; height: number }> = {
    good: { colour: paint.good, height: 0.3 }, uncertain: { colour: paint.warn, height: 0.65 }, bad: { colour: paint.bad, height: 1 } };
  return { hooks: { draw: (plot) => {
    const { ctx, bbox } = plot;
    const full = bandPixels * devicePixelRatio;
    for (const { from, to, quality } of current()) {
      const left = Math.max(bbox.left, plot.valToPos(from / 1000, "x", true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1000, "x", true));
      if (right < bbox.left || left > bbox.left + bbox.width) continue;
      const { colour, height } = look[quality];
      ctx.fillStyle = colour;
      ctx.fillRect(left, bbox.top + bbox.height + 2 * devicePixelRatio + full * (1 - height), Math.max(right - left, devicePixelRatio), full * height);
    }
  } } };
}

export interface Level { value: number; name: string; colour: string; dash: number[] }

/** Lines across the whole chart with their name at the right end: baseline, target, limit. */
export function levelPlugin(levels: readonly Level[], paper: string): uPlot.Plugin {
  return { hooks: { draw: ({ ctx, bbox, valToPos }) => {
    ctx.save();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "right";
    for (const { value, name, colour, dash } of levels) {
      const y = Math.round(valToPos(value, "y", true)) + 0.5;
      if (y < bbox.top || y > bbox.top + bbox.height) continue;
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
      ctx.beginPath(); ctx.moveTo(bbox.left, y); ctx.lineTo(bbox.left + bbox.width, y); ctx.stroke();
      const above = y - bbox.top > 16 * devicePixelRatio;
      const text = `${name} ${number(value, 3)}`, right = bbox.left + bbox.width - 4 * devicePixelRatio;
      const base = above ? y - 5 * devicePixelRatio : y + 13 * devicePixelRatio, wide = ctx.measureText(text).width;
      ctx.fillStyle = paper;                  // the name stays readable where the curve or a mark passes
      ctx.fillRect(right - wide - 3 * devicePixelRatio, base - 10 * devicePixelRatio, wide + 6 * devicePixelRatio, 13 * devicePixelRatio);
      ctx.fillStyle = colour;
      ctx.fillText(text, right, base);
    }
    ctx.restore();
  } } };
}

const tallMarks = 12;          // with more marks than this only their tops are drawn

/** Numbered events, in order of time, on the time axis; the list beside the chart says what they mean. */
export function markPlugin(paint: Colours, marks: readonly { time: number; label: string }[]): uPlot.Plugin {
  return { hooks: { draw: ({ ctx, bbox, valToPos }) => {
    ctx.save();
    ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textAlign = "center";
    ctx.strokeStyle = ctx.fillStyle = paint.quiet;
    ctx.lineWidth = devicePixelRatio;
    const tall = marks.length <= tallMarks;
    let free = 0;                             // where the next label has room
    for (const { time, label } of marks) {
      const x = Math.round(valToPos(time / 1000, "x", true)) + 0.5;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath(); ctx.moveTo(x, bbox.top + 12 * devicePixelRatio); ctx.lineTo(x, tall ? bbox.top + bbox.height : bbox.top + 22 * devicePixelRatio); ctx.stroke();
      if (x < free) continue;
      ctx.fillText(label, x, bbox.top + 9 * devicePixelRatio);
      free = x + 15 * devicePixelRatio;
    }
    ctx.restore();
  } } };
}

/** Keeps a uPlot in `place`: made anew when `build` or the colour scheme changes, redrawn when the data does. */
export function usePlot(place: RefObject<HTMLDivElement | null>, height: number,
                        build: (paint: Colours) => Omit<uPlot.Options, "width" | "height">, data: uPlot.AlignedData): void {
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  const isDark = useDark();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot({ ...build(colours()), width: element.clientWidth || 300, height }, newest.current, element);
    plot.current = made;
    const resize = new ResizeObserver(() => { if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height }); });
    resize.observe(element);
    return () => { resize.disconnect(); made.destroy(); plot.current = null; };
  }, [place, height, build, isDark]);
  useEffect(() => { plot.current?.setData(data); }, [data]);
}
