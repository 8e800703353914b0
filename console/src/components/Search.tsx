import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { get } from "../api/client";
import type { UseCaseSummary } from "../api/types";
import { useQuery } from "../state/query";
import { formatRoute, navigate } from "../state/route";
import { rooms } from "./rooms";

interface Place {
  kind: string;
  name: string;
  to: string;
}
const shown = 12;

/** Names of all signals, from the use case files: asking for their quality would read the whole lake. */
function useSignalNames(useCases: readonly UseCaseSummary[] | null): readonly string[] {
  const [names, setNames] = useState<readonly string[]>([]);
  const wanted = useCases?.map(({ name }) => name).join(" ") ?? "";
  useEffect(() => {
    const reading = wanted
      .split(" ")
      .filter((name) => name !== "")
      .map((use_case) => get("/api/v1/use-cases/{use_case}", { path: { use_case } }));
    void Promise.all(reading).then((answers) => {
      const found = answers.flatMap((answer) => (answer.ok ? answer.data.signals.map(({ name }) => name) : []));
      setNames([...new Set(found)]);
    });
  }, [wanted]);
  return names;
}

/** `/`: type a part of a name, arrows choose, Enter goes there, Escape closes. */
export function Search({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const { data: assets } = useQuery("/api/v1/assets");
  const { data: useCases } = useQuery("/api/v1/use-cases");
  const { data: models } = useQuery("/api/v1/models");
  const signals = useSignalNames(useCases);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const places: Place[] = [
    ...rooms.map(({ room, name }) => ({ kind: "room", name, to: formatRoute({ room }) })),
    ...(useCases ?? []).map(({ name, title }) => ({
      kind: "use case",
      name: `${title} (${name})`,
      to: formatRoute({ room: "outcomes", id: name }),
    })),
    ...(assets ?? []).map(({ asset }) => ({
      kind: "asset",
      name: asset,
      to: formatRoute({ room: "plant", id: asset }),
    })),
    ...(assets ?? []).map(({ asset }) => ({
      kind: "decisions of",
      name: asset,
      to: formatRoute({ room: "decisions", query: { asset } }),
    })),
    ...signals.map((signal) => ({
      kind: "signal",
      name: signal,
      to: formatRoute({ room: "data", query: { signal } }),
    })),
    ...(models ?? []).map(({ use_case, version }) => ({
      kind: "model",
      name: `${use_case}/${version}`,
      to: formatRoute({ room: "models", id: `${use_case}/${version}` }),
    })),
  ];
  const wanted = text.trim().toLowerCase();
  const found = places.filter(({ kind, name }) => `${kind} ${name}`.toLowerCase().includes(wanted)).slice(0, shown);
  const go = (place: Place | undefined) => {
    if (place) {
      close();
      navigate(place.to);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setChosen((chosen + step + found.length) % found.length);
    }
    if (event.key === "Enter") {
      event.preventDefault();
      go(found[chosen]);
    }
  };
  return (
    <dialog
      ref={dialog}
      className="sheet search"
      onClose={close}
      aria-label="Find anything"
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}>
      <input
        autoFocus
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        placeholder="Find a room, asset, signal, model …"
        aria-label="Find"
        aria-activedescendant={found.length > 0 ? `${list}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={list} role="listbox" aria-label="Found">
        {found.map((place, index) => (
          <li
            key={place.to}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => go(place)}>
            <span className="quiet">{place.kind}</span> {place.name}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="quiet">Nothing has this in its name.</p>}
    </dialog>
  );
}
