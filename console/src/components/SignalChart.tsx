import { memo, useCallback, useMemo, useRef, useState } from "react";
import type { Signal } from "../api/types";
import { number, words } from "./format";
import { bandPixels, options, timeAxis, unitText, usePlot, valueAxis, valueRange, type Colours } from "./plot";
import { bandPlugin } from "./plotPlugins";
import { drawn, gapsOf, merged, runs } from "./series";
import type { Recording } from "../state/samples";
import { QualityBadge } from "./Badges";

interface Properties {
  signal: Signal;
  recording: Recording;
  onRange: (fromMs: number, toMs: number) => void;
}

/** One signal: its curve with gaps as gaps, the quality band under it, the value under the shared cursor. */
export const SignalChart = memo(function SignalChart({ signal, recording, onRange }: Properties) {
  const place = useRef<HTMLDivElement>(null);
  const [under, setUnder] = useState<number | null | undefined>(undefined);
  const { series, data, band } = useMemo(() => {
    const whole = merged(recording.stored, recording.live, Number.MAX_SAFE_INTEGER);
    const gaps = gapsOf(recording.stored);
    const { x, y } = drawn(whole, gaps);
    return { series: whole, data: [x, y] as [number[], (number | null)[]], band: runs(whole, gaps) };
  }, [recording]);
  const bandNow = useRef(band);
  bandNow.current = band;

  const build = useCallback(
    (paint: Colours) =>
      options(paint, signal.unit, "asset", {
        series: [{}, { stroke: paint.accent, width: 1.25, points: { show: false } }],
        scales: { y: { range: (_plot, low, high) => valueRange(low, high) } },
        axes: [timeAxis(paint, bandPixels + 5), valueAxis(paint, signal.unit)],
        plugins: [bandPlugin(paint, () => bandNow.current)],
        hooks: {
          setCursor: [
            (plot) =>
              setUnder(
                plot.cursor.idx === null || plot.cursor.idx === undefined ? undefined : plot.data[1]?.[plot.cursor.idx],
              ),
          ],
          setSelect: [
            (plot) => {
              if (plot.select.width < 5) return;
              onRange(
                plot.posToVal(plot.select.left, "x") * 1000,
                plot.posToVal(plot.select.left + plot.select.width, "x") * 1000,
              );
            },
          ],
        },
      }),
    [signal.unit, onRange],
  );
  usePlot(place, 132, build, data);

  const last = series.times.length - 1;
  const value = under === undefined ? (last >= 0 ? series.values[last] : signal.value) : under;
  const newest = `${number(series.values[last], 5)} ${unitText(signal.unit)}`;
  const label = `${signal.signal}: ${series.times.length} samples, newest ${newest}, quality ${signal.quality}`;
  return (
    <figure className="signal">
      <figcaption>
        <strong>{signal.signal}</strong> <span className="quiet">{words(signal.quantity)}</span>
        <span className="value">
          {number(value, 5)} {unitText(signal.unit)}
        </span>
        <QualityBadge quality={signal.quality} />
      </figcaption>
      <div ref={place} role="img" aria-label={label} />
    </figure>
  );
});
