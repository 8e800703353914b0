// One hook to read from the platform. Answers are shared by address; events of the stream say when to read again.
import { useEffect, useSyncExternalStore } from "react";
import { address, request, type Arguments, type GetPath, type GetResult } from "../api/client";
import type { paths } from "../api/schema";
import type { Problem } from "../api/types";
import { listen, onReturn, type Kind } from "./live";

export interface Answer<T> {
  data: T | null;
  problem: Problem | null;
}
interface Entry {
  answer: Answer<unknown>;
  watchers: Set<() => void>;
  loading: boolean;
  again: boolean;
  loaded: number;
}

const refreshMs = 2000; // no more often by default, however many events come
const entriesKept = 200; // beyond it, what nobody looks at is forgotten
const entries = new Map<string, Entry>();

function entryOf(url: string): Entry {
  const known = entries.get(url);
  if (known) return known;
  if (entries.size >= entriesKept)
    for (const [old, { watchers }] of entries) if (watchers.size === 0) entries.delete(old);
  const entry: Entry = {
    answer: { data: null, problem: null },
    watchers: new Set(),
    loading: false,
    again: false,
    loaded: 0,
  };
  entries.set(url, entry);
  return entry;
}

async function load(url: string): Promise<void> {
  const entry = entryOf(url);
  if (entry.loading) {
    entry.again = true;
    return;
  }
  entry.loading = true;
  const response = await request<unknown>(url);
  // What was known stays in sight when a later reading fails; the problem says that it is old.
  entry.answer = response.ok
    ? { data: response.data, problem: null }
    : { data: entry.answer.data, problem: response.problem };
  entry.loading = false;
  entry.loaded = Date.now();
  entry.watchers.forEach((notify) => notify());
  if (entry.again) {
    entry.again = false;
    void load(url);
  }
}

/** Reads again what is shown and whose address begins so: after this person changed something. */
export function invalidate(prefix: string): void {
  for (const [url, entry] of entries) {
    if (!url.startsWith(prefix)) continue;
    if (entry.watchers.size > 0) void load(url);
    else entries.delete(url);
  }
}

onReturn(() => invalidate("/"));

function follow(url: string, kinds: readonly Kind[], everyMs: number): () => void {
  let timer: number | undefined;
  const refresh = () => {
    if (timer !== undefined || document.hidden) return;
    const wait = Math.max(0, entryOf(url).loaded + everyMs - Date.now());
    timer = window.setTimeout(() => {
      timer = undefined;
      void load(url);
    }, wait);
  };
  const stops = kinds.map((kind) => listen(kind, refresh));
  return () => {
    stops.forEach((stop) => stop());
    window.clearTimeout(timer);
  };
}

/** `null` as path reads nothing. `on` lists the events after which the answer may have
 * changed; it is read again at most every `everyMs`. */
export function useQuery<Path extends GetPath>(
  path: Path | null,
  values?: Arguments<paths[Path]["get"]>,
  on: readonly Kind[] = [],
  everyMs = refreshMs,
): Answer<GetResult<Path>> {
  const url = path === null ? "" : address(path, values);
  const events = on.join(" ");
  useEffect(() => {
    if (url === "") return;
    void load(url);
    return follow(url, events === "" ? [] : (events.split(" ") as Kind[]), everyMs);
  }, [url, events, everyMs]);
  return useSyncExternalStore(
    (changed) => {
      const { watchers } = entryOf(url);
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => entryOf(url).answer,
  ) as Answer<GetResult<Path>>;
}
