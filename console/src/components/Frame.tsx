import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useQuery } from "../state/query";
import { useConnection } from "../state/live";
import { useKeys, type KeyMap } from "../state/keys";
import { useNow } from "../state/now";
import { formatRoute, navigate, useRoute } from "../state/route";
import { age, plural } from "./format";
import { rooms } from "./rooms";
import { Help } from "./Guide";
import { Search } from "./Search";

/** Name with the letter underlined that goes there after `g`. */
function RoomName({ name, letter }: { name: string; letter: string }) {
  const at = name.toLowerCase().indexOf(letter);
  return (
    <>
      {name.slice(0, at)}
      <u>{name.slice(at, at + 1)}</u>
      {name.slice(at + 1)}
    </>
  );
}

/** Where the data comes from and how old it is: in sight on every page. */
function Source() {
  const { data: status, problem } = useQuery("/api/v1/status", {}, ["status"]);
  const connection = useConnection();
  const now = useNow();
  const [kind = "", ...rest] = (status?.data_source ?? "").split(":");
  const received = status?.ingest.last_received;
  const oldMs = received ? now - Date.parse(received) : null;
  const troubles = status?.problems.length ?? 0;
  const stale = connection === "lost" || problem !== null || troubles > 0 || (oldMs !== null && oldMs > 10_000);
  return (
    <p className={`source${stale ? " stale" : ""}`} data-testid="source">
      {kind !== "" && (
        <>
          <span className="kind">{kind}</span>
          {rest.join(":")} ·{" "}
        </>
      )}
      <span aria-hidden="true">{stale || oldMs === null ? "○" : "●"}</span>{" "}
      {connection === "lost"
        ? "connection lost, trying again"
        : oldMs === null
          ? "no data yet"
          : `data ${oldMs > 10_000 ? "stale, " : ""}${age(Math.max(oldMs, 1000))} old`}
      {connection !== "lost" && troubles > 0 && (
        <>
          {" · "}
          <a href={formatRoute({ room: "system" })}>{plural(troubles, "problem")}</a>
        </>
      )}
    </p>
  );
}

/** Another room begins at its top, and the keyboard and the screen reader in it, when what they were at is gone. */
function useArrival(room: string, inside: boolean): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    window.scrollTo(0, 0);
    if (document.activeElement === document.body) document.getElementById("page")?.focus({ preventScroll: true });
  }, [room, inside]);
}

export function Frame({ children }: { children: ReactNode }) {
  const { room, id } = useRoute();
  useArrival(room, room === "plant" && id !== null);
  const [open, setOpen] = useState<"search" | "help" | null>(null);
  const close = useCallback(() => setOpen(null), []);
  const keys = useMemo(
    (): KeyMap => ({
      "/": () => setOpen("search"),
      "?": () => setOpen("help"),
      ...Object.fromEntries(rooms.map(({ room: to, key }) => [`g ${key}`, () => navigate(formatRoute({ room: to }))])),
    }),
    [],
  );
  useKeys(keys);
  return (
    <>
      <a
        className="skip"
        href="#page"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("page")?.focus();
        }}>
        To the page
      </a>
      <header className="frame">
        <a className="brand" href="#/outcomes">
          <img src="/wheel.svg" alt="" width="18" height="18" />
          Millrace
        </a>
        <nav aria-label="Rooms">
          {rooms.map(({ room: to, name, key }) => (
            <a
              key={to}
              href={formatRoute({ room: to })}
              aria-current={room === to ? "page" : undefined}
              title={`${name} (g ${key})`}>
              <RoomName name={name} letter={key} />
            </a>
          ))}
        </nav>
        <Source />
        <button
          className="find"
          onClick={() => setOpen("search")}
          title="Find anything (/)"
          aria-label="Find anything">
          Find <kbd>/</kbd>
        </button>
        <button className="find" onClick={() => setOpen("help")} title="Keys and help (?)" aria-label="Keys and help">
          Help <kbd>?</kbd>
        </button>
      </header>
      {children}
      {open === "search" && <Search close={close} />}
      {open === "help" && <Help room={room} close={close} />}
    </>
  );
}
