import { useEffect, useRef } from "react";
import { everywhere, guides, type Guide } from "./guide";
import { rooms } from "./rooms";

function Roles({ guide }: { guide: Guide }) {
  return (
    <dl className="roles">
      {Object.entries(guide.roles).map(([role, text]) => (
        <div key={role}>
          <dt>{role}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** At the foot of a page: what it is for and how each role reads it. */
export function RoomGuide({ title }: { title: string }) {
  const guide = guides[title];
  if (!guide) return null;
  return (
    <details className="guide">
      <summary>How to read this page</summary>
      <p>{guide.about}</p>
      <Roles guide={guide} />
    </details>
  );
}

function Keys({ name, keys }: { name: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl className="keys">
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(" ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const goTo = rooms.map(({ name, key }) => [`g ${key}`, name] as const);

/** `?`: the keys, and what the room at hand is for. Escape closes. */
export function Help({ room, close }: { room: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = rooms.find((entry) => entry.room === room)?.name ?? "";
  const guide = guides[title];
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="sheet help"
      aria-label="Keys and help"
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}>
      <div className="help-body">
        <header>
          <h2>Keys</h2>
          <button onClick={() => dialog.current?.close()}>
            Close <kbd>Esc</kbd>
          </button>
        </header>
        <div className="columns">
          <Keys name="Go to" keys={goTo} />
          <Keys name="Everywhere" keys={everywhere} />
          {guide && guide.keys.length > 0 && <Keys name={`In ${title}`} keys={guide.keys} />}
        </div>
        {guide && (
          <>
            <h2>{title}</h2>
            <p>{guide.about}</p>
            <Roles guide={guide} />
          </>
        )}
        <p className="quiet">
          Times are this computer&apos;s ({Intl.DateTimeFormat().resolvedOptions().timeZone}). Everything on a page stands
          in its address: send it to somebody who has a session.
        </p>
      </div>
    </dialog>
  );
}
