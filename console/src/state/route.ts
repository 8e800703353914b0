// Where one is: room, thing in it, and the page's state, all in the address, so that a person can send it to another.
// The part behind `#` is used: any static file server can serve the console.
import { useSyncExternalStore } from "react";

export interface Route {
  room: string;
  id: string | null;
  query: Record<string, string>;
}

/** `#/decisions/0198-ab?asset=engine-061` */
export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [room = "", ...rest] = path.split("/").map(decode);
  return {
    room: room || "outcomes",
    id: rest.length > 0 && rest[0] !== "" ? rest.join("/") : null,
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function formatRoute({
  room,
  id,
  query,
}: {
  room: string;
  id?: string | null;
  query?: Record<string, string | undefined>;
}): string {
  const path = [room, ...(id ? id.split("/") : [])].map(encodeURIComponent).join("/");
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) search.set(name, value);
  return `#/${path}${search.size > 0 ? `?${search}` : ""}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

let last = { hash: "\0", route: parseRoute("") };
function current(): Route {
  if (last.hash !== window.location.hash)
    last = { hash: window.location.hash, route: parseRoute(window.location.hash) };
  return last.route;
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current);
}

/** Goes to an address made by formatRoute. `replace` for steps that "back" should not visit one by one. */
export function navigate(hash: string, { replace = false } = {}): void {
  if (!replace) {
    window.location.hash = hash;
    return;
  }
  window.history.replaceState(null, "", hash);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}
