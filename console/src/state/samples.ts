// The samples behind the charts of one asset: what the lake holds, and behind it what the stream has already brought.
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "../api/client";
import type { LiveEvent, Problem, Samples } from "../api/types";
import { append, merged, type Series } from "../components/series";
import { useLive } from "./live";

/** `live` holds samples newer than the stored ones; the stream thins them, so they stand in until the lake is read again. */
export interface Recording {
  stored: Series;
  live: Series;
}
export interface Recordings {
  series: ReadonlyMap<string, Recording>;
  problem: Problem | null;
}

const kept = 600; // samples per signal
const refreshMs = 1000;
const wholeMs = 15_000; // then all is read anew: what comes late (a backlog) lies before what is known
export const nothing: Recording = {
  stored: { times: [], values: [], status: [] },
  live: { times: [], values: [], status: [] },
};

function afterReading(
  before: ReadonlyMap<string, Recording>,
  samples: Samples,
  whole: boolean,
): Map<string, Recording> {
  const after = new Map(before);
  for (const { signal, ...news } of samples.signals) {
    const { stored, live } = after.get(signal) ?? nothing;
    const longer = whole ? news : merged(stored, news, kept);
    const newest = longer.times.at(-1) ?? Number.NEGATIVE_INFINITY;
    const first = live.times.findIndex((time) => time > newest);
    const rest = <T>(values: T[]) => (first < 0 ? [] : values.slice(first));
    after.set(signal, {
      stored: longer,
      live: { times: rest(live.times), values: rest(live.values), status: rest(live.status) },
    });
  }
  return after;
}

function afterEvent(before: ReadonlyMap<string, Recording>, news: LiveEvent["assets"]): Map<string, Recording> {
  const after = new Map(before);
  for (const { time, values } of news)
    for (const [signal, [value, status]] of Object.entries(values)) {
      const { stored, live } = after.get(signal) ?? nothing;
      const at = Date.parse(time);
      if (at > (stored.times.at(-1) ?? Number.NEGATIVE_INFINITY))
        after.set(signal, { stored, live: append(live, at, value ?? null, status ?? 0, kept) });
    }
  return after;
}

/** With `from` and `to` a range of the past; without them it follows the present. */
export function useSamples(
  asset: string,
  signals: string | undefined,
  from: string | undefined,
  to: string | undefined,
): Recordings {
  const [series, setSeries] = useState<ReadonlyMap<string, Recording>>(new Map());
  const [problem, setProblem] = useState<Problem | null>(null);
  const follow = from === undefined && to === undefined;
  const reading = useRef({ newest: 0, busy: false, last: 0, lastWhole: 0 });

  const read = useCallback(
    async (since: string | undefined) => {
      const state = reading.current;
      state.busy = true;
      const response = await get("/api/v1/assets/{asset}/samples", {
        path: { asset },
        query: { signals, from: since, to, limit: kept },
      });
      if (reading.current !== state) return; // another asset or range is shown by now
      state.busy = false;
      state.last = Date.now();
      setProblem(response.ok ? null : response.problem);
      if (!response.ok) return;
      state.newest = Math.max(state.newest, ...response.data.signals.map(({ times }) => times.at(-1) ?? 0));
      setSeries((before) => afterReading(before, response.data, since === from));
      if (since === from) state.lastWhole = state.last;
    },
    [asset, signals, from, to],
  );

  useEffect(() => {
    reading.current = { newest: 0, busy: false, last: 0, lastWhole: 0 };
    setSeries(new Map());
    void read(from);
  }, [read, from]);

  useLive(
    "live",
    useCallback(
      (event: LiveEvent) => {
        const news = follow ? event.assets.filter((entry) => entry.asset === asset) : [];
        if (news.length === 0) return;
        setSeries((before) => afterEvent(before, news));
        const { busy, last, lastWhole, newest } = reading.current;
        const now = Date.now();
        if (busy || now - last < refreshMs) return;
        const whole = newest === 0 || now - lastWhole >= wholeMs;
        void read(whole ? undefined : new Date(newest + 1).toISOString());
      },
      [asset, follow, read],
    ),
  );
  return { series, problem };
}
