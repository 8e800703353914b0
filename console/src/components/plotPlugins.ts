// What is drawn over a chart: the quality band, lines across, marks in time.
import type uPlot from "uplot";
import { number } from "./format";
import { bandPixels, type Colours } from "./plot";
import type { Quality, Run } from "./series";

/** A stretch of quality under the curve. Height tells it too, for those who do not see the colour. */
export function bandPlugin(paint: Colours, current: () => readonly Run[]): uPlot.Plugin {
  const look: Record<Quality, { colour: string; height: number }> = {
    good: { colour: paint.good, height: 0.3 },
    uncertain: { colour: paint.warn, height: 0.65 },
    bad: { colour: paint.bad, height: 1 },
  };
  return {
    hooks: {
      draw: (plot) => {
        const { ctx, bbox } = plot;
        const full = bandPixels * devicePixelRatio;
        for (const { from, to, quality } of current()) {
          const left = Math.max(bbox.left, plot.valToPos(from / 1000, "x", true));
          const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1000, "x", true));
          if (right < bbox.left || left > bbox.left + bbox.width) continue;
          const { colour, height } = look[quality];
          ctx.fillStyle = colour;
          ctx.fillRect(
            left,
            bbox.top + bbox.height + 2 * devicePixelRatio + full * (1 - height),
            Math.max(right - left, devicePixelRatio),
            full * height,
          );
        }
      },
    },
  };
}

export interface Level {
  value: number;
  name: string;
  colour: string;
  dash: number[];
}

/** Lines across the whole chart with their name at the right end: baseline, target, limit. */
export function levelPlugin(levels: readonly Level[], paper: string): uPlot.Plugin {
  return {
    hooks: {
      draw: ({ ctx, bbox, valToPos }) => {
        ctx.save();
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        ctx.textAlign = "right";
        for (const { value, name, colour, dash } of levels) {
          const y = Math.round(valToPos(value, "y", true)) + 0.5;
          if (y < bbox.top || y > bbox.top + bbox.height) continue;
          ctx.strokeStyle = ctx.fillStyle = colour;
          ctx.lineWidth = 1.5 * devicePixelRatio;
          ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
          ctx.beginPath();
          ctx.moveTo(bbox.left, y);
          ctx.lineTo(bbox.left + bbox.width, y);
          ctx.stroke();
          const above = y - bbox.top > 16 * devicePixelRatio;
          const text = `${name} ${number(value, 3)}`,
            right = bbox.left + bbox.width - 4 * devicePixelRatio;
          const base = above ? y - 5 * devicePixelRatio : y + 13 * devicePixelRatio,
            wide = ctx.measureText(text).width;
          ctx.fillStyle = paper; // the name stays readable where the curve or a mark passes
          ctx.fillRect(
            right - wide - 3 * devicePixelRatio,
            base - 10 * devicePixelRatio,
            wide + 6 * devicePixelRatio,
            13 * devicePixelRatio,
          );
          ctx.fillStyle = colour;
          ctx.fillText(text, right, base);
        }
        ctx.restore();
      },
    },
  };
}

const tallMarks = 12; // with more marks than this only their tops are drawn

/** Numbered events, in order of time, on the time axis; the list beside the chart says what they mean. */
export function markPlugin(paint: Colours, marks: readonly { time: number; label: string }[]): uPlot.Plugin {
  return {
    hooks: {
      draw: ({ ctx, bbox, valToPos }) => {
        ctx.save();
        ctx.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
        ctx.textAlign = "center";
        ctx.strokeStyle = ctx.fillStyle = paint.quiet;
        ctx.lineWidth = devicePixelRatio;
        const tall = marks.length <= tallMarks;
        let free = 0; // where the next label has room
        for (const { time, label } of marks) {
          const x = Math.round(valToPos(time / 1000, "x", true)) + 0.5;
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
          ctx.beginPath();
          ctx.moveTo(x, bbox.top + 12 * devicePixelRatio);
          ctx.lineTo(x, tall ? bbox.top + bbox.height : bbox.top + 22 * devicePixelRatio);
          ctx.stroke();
          if (x < free) continue;
          ctx.fillText(label, x, bbox.top + 9 * devicePixelRatio);
          free = x + 15 * devicePixelRatio;
        }
        ctx.restore();
      },
    },
  };
}
