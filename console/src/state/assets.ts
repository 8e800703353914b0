// All assets as the platform told last, and ahead of that what the stream has brought since: clock, time, newest decision.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Asset, Decision, LiveEvent } from "../api/types";
import { onReturn, useLive } from "./live";
import { useQuery, type Answer } from "./query";

export type News = Partial<Pick<Asset, "clock" | "last_seen" | "prediction" | "advice">>;

/** A clock that is no newer than the answer is no news; a decision always is: it comes when it is made. */
export function withNews(asset: Asset, news: News | undefined): Asset {
  if (!news) return asset;
  const { clock, last_seen, ...decided } = news;
  const newer = last_seen && (!asset.last_seen || Date.parse(last_seen) > Date.parse(asset.last_seen));
  return { ...asset, ...decided, ...(newer ? { clock: clock ?? null, last_seen } : {}) };
}

/** However many events come, what is shown changes at most once a frame. */
function useNews(only: string | undefined): ReadonlyMap<string, News> {
  const [news, setNews] = useState<ReadonlyMap<string, News>>(new Map());
  const waiting = useRef(new Map<string, News>());
  const frame = useRef(0);
  const tell = useCallback((asset: string, more: News) => {
    if (only !== undefined && asset !== only) return;
    waiting.current.set(asset, { ...waiting.current.get(asset), ...more });
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      const arrived = waiting.current;
      waiting.current = new Map();
      setNews((before) => {
        const after = new Map(before);
        for (const [name, fresh] of arrived) after.set(name, { ...after.get(name), ...fresh });
        return after;
      });
    });
  }, [only]);
  useEffect(() => {
    const forget = onReturn(() => setNews(new Map()));
    return () => {
      forget();
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, []);
  useLive(
    "live",
    useCallback(
      ({ assets }: LiveEvent) => assets.forEach(({ asset, time, clock }) => tell(asset, { clock, last_seen: time })),
      [tell],
    ),
  );
  useLive(
    "decision",
    useCallback(({ asset, prediction, advice }: Decision) => tell(asset, { prediction, advice }), [tell]),
  );
  return news;
}

/** `only`: of the others the answer is enough. */
export function useAssets(only?: string): Answer<Asset[]> {
  const { data, problem } = useQuery("/api/v1/assets", {}, ["decision", "status"]);
  const news = useNews(only);
  const assets = useMemo(() => data?.map((asset) => withNews(asset, news.get(asset.asset))) ?? null, [data, news]);
  return { data: assets, problem };
}
