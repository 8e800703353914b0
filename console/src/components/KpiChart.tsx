import { useCallback, useMemo, useRef } from "react";
import { options, usePlot, type Colours } from "./plot";
import { levelPlugin, markPlugin, type Level } from "./plotPlugins";

export interface NamedLevel {
  value: number;
  name: string;
  kind: "baseline" | "target";
}

interface Properties {
  name: string;
  unit: string;
  times: number[]; // ms
  values: (number | null)[];
  levels: NamedLevel[];
  marks: { time: number; label: string }[];
  height: number;
}

/** A KPI over time with the lines that it is measured against. The range always holds those lines. */
export function KpiChart({ name, unit, times, values, levels, marks, height }: Properties) {
  const place = useRef<HTMLDivElement>(null);
  const data = useMemo(
    (): [number[], (number | null)[]] => [times.map((time) => time / 1000), values],
    [times, values],
  );
  const shape = JSON.stringify([levels, marks]); // compared by content: a new answer with the same lines redraws nothing
  const build = useCallback(
    (paint: Colours) => {
      const [lines, events] = JSON.parse(shape) as [NamedLevel[], { time: number; label: string }[]];
      const drawnLevels: Level[] = lines.map(({ value, name: level, kind }) => ({
        value,
        name: level,
        colour: kind === "target" ? paint.good : paint.quiet,
        dash: kind === "target" ? [6, 4] : [2, 3],
      }));
      const reach = Math.max(0, ...lines.map(({ value }) => value));
      return options(paint, unit, "outcome", {
        series: [{}, { stroke: paint.accent, width: 2, points: { show: false } }],
        scales: { y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), Math.max(reach, high ?? 0) * 1.25 || 1] } },
        plugins: [markPlugin(paint, events), levelPlugin(drawnLevels, paint.paper)],
      });
    },
    [unit, shape],
  );
  usePlot(place, height, build, data);
  return <div ref={place} role="img" aria-label={`${name} over time in ${unit || "units"}, ${times.length} points`} />;
}
