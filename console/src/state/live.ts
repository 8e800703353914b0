// The one event stream of the console. Pages subscribe to kinds of events; the frame shows whether the stream is alive.
import { useEffect, useSyncExternalStore } from "react";
import type { Decision, Kpi, LiveEvent, Status } from "../api/types";

export interface Events {
  live: LiveEvent;
  decision: Decision;
  kpi: Kpi;
  status: Status;
}
export type Kind = keyof Events;
export type Connection = "connecting" | "open" | "lost";

const kinds: Kind[] = ["live", "decision", "kpi", "status"];
const retryMs = 3000;
const listeners = new Map<Kind, Set<(event: never) => void>>(kinds.map((kind) => [kind, new Set()]));
const watchers = new Set<() => void>();
const returns = new Set<() => void>();
let connection: Connection = "connecting";
let source: EventSource | null = null;

function become(state: Connection): void {
  if (connection === state) return;
  const back = connection === "lost" && state === "open";
  connection = state;
  if (back) returns.forEach((notify) => notify());
  watchers.forEach((notify) => notify());
}

export function connect(): void {
  if (source) return;
  source = new EventSource("/api/v1/events");
  source.onopen = () => become("open");
  source.onerror = () => {
    become("lost");
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    source = null;
    window.setTimeout(connect, retryMs);
  };
  for (const kind of kinds)
    source.addEventListener(kind, (message: MessageEvent<string>) => {
      become("open");
      const event = JSON.parse(message.data) as never;
      listeners.get(kind)?.forEach((listen) => listen(event));
    });
}

export function listen<K extends Kind>(kind: K, listener: (event: Events[K]) => void): () => void {
  const set = listeners.get(kind) as Set<(event: Events[K]) => void>;
  set.add(listener);
  return () => set.delete(listener);
}

/** After the stream was lost and has come back: events were missed, what is shown must be read again. */
export function onReturn(notify: () => void): () => void {
  returns.add(notify);
  return () => returns.delete(notify);
}

/** `listener` must be stable (useCallback) or it is subscribed anew at every rendering. */
export function useLive<K extends Kind>(kind: K, listener: (event: Events[K]) => void): void {
  useEffect(() => listen(kind, listener), [kind, listener]);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (changed) => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => connection,
  );
}
