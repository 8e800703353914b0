// What all charts have in common: colours from the style sheet, axes, one shared cursor, lines across and marks.
import { useEffect, useRef, useSyncExternalStore, type RefObject } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { decimals, placesOf } from "./format";

export interface Colours {
  paper: string;
  ink: string;
  quiet: string;
  grid: string;
  accent: string;
  good: string;
  warn: string;
  bad: string;
}

const dark = window.matchMedia("(prefers-color-scheme: dark)");
function useDark(): boolean {
  return useSyncExternalStore(
    (changed) => {
      dark.addEventListener("change", changed);
      return () => dark.removeEventListener("change", changed);
    },
    () => dark.matches,
  );
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: read("paper"),
    ink: read("ink"),
    quiet: read("quiet"),
    grid: read("line"),
    accent: read("accent"),
    good: read("good"),
    warn: read("warn"),
    bad: read("bad"),
  };
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

const signs: Record<string, string> = { "1": "", degR: "°R", degC: "°C", degF: "°F", um: "µm" };
/** The catalogue's unit as people write it; a plain number's is "1". */
export function unitText(unit: string): string {
  return signs[unit] ?? unit;
}

/** Room around the curve; a constant stands in the middle of a narrow range instead of on a line from zero. */
export function valueRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  if (low === high) {
    const around = Math.abs(low) * 0.01 || 1;
    return [low - around, high + around];
  }
  const room = (high - low) * 0.1;
  return [low - room, high + room];
}

export function timeAxis(paint: Colours, gap = 4): uPlot.Axis {
  return {
    stroke: paint.quiet,
    grid: { stroke: paint.grid, width: 1 },
    ticks: { show: false },
    font,
    size: 20 + gap,
    gap,
    space: 70,
    values: (plot, splits) =>
      splits.map((seconds) => timeLabel(seconds, (plot.scales.x?.max ?? 0) - (plot.scales.x?.min ?? 0))),
  };
}

export function valueAxis(paint: Colours, unit: string): uPlot.Axis {
  return {
    stroke: paint.quiet,
    grid: { stroke: paint.grid, width: 1 },
    ticks: { show: false },
    font,
    size: 58,
    gap: 5,
    space: 26,
    label: unitText(unit) || "no unit",
    labelFont: font,
    labelSize: 15,
    labelGap: 0,
    values: (_, splits, _axis, _space, step) => splits.map((value) => decimals(value, placesOf(step))),
  };
}

export function options(
  paint: Colours,
  unit: string,
  sync: string,
  more: Partial<uPlot.Options>,
): Omit<uPlot.Options, "width" | "height"> {
  return {
    padding: [10, 10, 0, 0],
    legend: { show: false },
    series: [{}],
    cursor: { sync: { key: sync }, points: { size: 6 }, drag: { x: true, y: false } },
    axes: [timeAxis(paint), valueAxis(paint, unit)],
    ...more,
  };
}

/** Keeps a uPlot in `place`: made anew when `build` or the colour scheme changes, redrawn when the data does. */
export function usePlot(
  place: RefObject<HTMLDivElement | null>,
  height: number,
  build: (paint: Colours) => Omit<uPlot.Options, "width" | "height">,
  data: uPlot.AlignedData,
): void {
  const plot = useRef<uPlot | null>(null);
  const newest = useRef(data);
  newest.current = data;
  const isDark = useDark();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot({ ...build(colours()), width: element.clientWidth || 300, height }, newest.current, element);
    plot.current = made;
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [place, height, build, isDark]);
  useEffect(() => {
    plot.current?.setData(data);
  }, [data]);
}
