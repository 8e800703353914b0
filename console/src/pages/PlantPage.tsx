import { memo, useMemo } from "react";
import type { Asset } from "../api/types";
import { healthOf } from "../components/Badges";
import { ago, number, percent, plural } from "../components/format";
import { Empty, Page, ProblemNote, waiting } from "../components/Page";
import { QualityMatrix } from "../components/QualityMatrix";
import { useAssets } from "../state/assets";
import { useKeys } from "../state/keys";
import { useNow } from "../state/now";
import { useQuery } from "../state/query";
import { formatRoute, navigate, useRoute } from "../state/route";

function answerOf(all: readonly Asset[]): string {
  const assets = all.filter(({ use_cases }) => use_cases.length > 0);
  const unwanted = all.length - assets.length;
  if (assets.length === 0) return `${plural(unwanted, "asset")} announced, none in a use case yet.`;
  const running = assets.filter(({ state }) => state === "running").length;
  const advised = assets.filter((asset) => healthOf(asset).tone === "warn").length;
  const failed = assets.filter(({ state }) => state === "failed").length;
  const overhauled = assets.filter(({ state }) => state === "overhauled").length;
  const silent = assets.filter(({ state }) => state === "stale" || state === "offline").length;
  // Silence after the end of a life is no fault.
  const live = assets.filter(({ state }) => state !== "overhauled" && state !== "failed");
  const signals = live.reduce((sum, asset) => sum + asset.signals, 0);
  const bad = live.reduce((sum, asset) => sum + asset.bad_signals, 0);
  const parts = [`${running} of ${plural(assets.length, "asset")} run`];
  if (advised > 0) parts.push(`${advised} with advice`);
  if (overhauled > 0) parts.push(`${overhauled} overhauled`);
  parts.push(`${failed} failed`);
  if (silent > 0) parts.push(`${silent} silent`);
  if (unwanted > 0) parts.push(`${unwanted} more in no use case`);
  const trust =
    signals === 0
      ? "no signal is expected now"
      : `${percent(1 - bad / signals)} of ${number(signals)} live signals can be believed`;
  return `${parts.join(", ")}; ${trust}.`;
}

/** An asset that nobody looks after yet: that it is there, and what it is. */
function UnwantedTile({ asset }: { asset: Asset }) {
  const health = healthOf(asset);
  return (
    <a className={`tile ${health.tone}`} href={formatRoute({ room: "plant", id: asset.asset })} data-tile>
      <span className="tile-name">
        <span aria-hidden="true">{health.shape}</span> {asset.asset}
      </span>
      <span className="tile-state">{health.text}</span>
      <span className="tile-more">type {[asset.type || "unknown", ...asset.tags].join(", ")}</span>
    </a>
  );
}

const Tile = memo(function Tile({ asset, now }: { asset: Asset; now: number }) {
  const health = healthOf(asset);
  const unit = asset.unit ?? "";
  const ended = asset.state === "overhauled" || asset.state === "failed";
  return (
    <a className={`tile ${health.tone}`} href={formatRoute({ room: "plant", id: asset.asset })} data-tile>
      <span className="tile-name">
        <span aria-hidden="true">{health.shape}</span> <span data-asset>{asset.asset}</span>
      </span>
      <span className="tile-state">{health.text}</span>
      {ended ? (
        <span className="tile-number">
          {number(asset.clock)}
          <small> {unit} run</small>
        </span>
      ) : (
        <span className="tile-number">
          {asset.prediction === null ? "–" : number(Math.round(asset.prediction))}
          <small> {unit} left</small>
        </span>
      )}
      <span className="tile-more">
        {!ended && asset.clock !== null && (
          <>
            at <span data-clock>{number(asset.clock)}</span> ·{" "}
          </>
        )}
        {!ended && asset.bad_signals > 0
          ? `${plural(asset.bad_signals, "bad signal")}`
          : ago(asset.last_seen, now, "never seen")}
      </span>
    </a>
  );
});

const filters: [string, string][] = [
  ["", "all"],
  ["warn", "advised"],
  ["good", "running"],
  ["accent", "overhauled"],
  ["bad", "failed"],
  ["quiet", "silent"],
];

function moveFocus(step: number): void {
  const tiles = [...document.querySelectorAll<HTMLElement>("[data-tile]")];
  const at = tiles.indexOf(document.activeElement as HTMLElement);
  tiles[at < 0 ? 0 : Math.min(Math.max(at + step, 0), tiles.length - 1)]?.focus();
}

/** Plant: all assets at a glance, by site. */
export function PlantPage() {
  const { query } = useRoute();
  const { data: assets, problem } = useAssets();
  const { data: useCases } = useQuery("/api/v1/use-cases", {}, ["status"]);
  const now = useNow();
  useKeys(useMemo(() => ({ j: () => moveFocus(1), k: () => moveFocus(-1) }), []));
  const wanted = query.health ?? "";
  const shown = (assets ?? []).filter((asset) => wanted === "" || healthOf(asset).tone === wanted);
  const sites = [...new Set(shown.map(({ site }) => site))];
  return (
    <Page
      title="Plant"
      question="What is the plant doing, and can we believe it?"
      answer={
        !assets
          ? problem
            ? "This cannot be said now."
            : waiting
          : assets.length === 0
            ? "No asset is known yet."
            : answerOf(assets)
      }>
      <ProblemNote problem={problem} />
      {assets?.length === 0 && (
        <Empty
          what="Here stands every asset with its health. They appear when a use case is applied and a gateway reports."
          command="millrace up"
        />
      )}
      {assets && assets.length > 0 && assets.every(({ use_cases }) => use_cases.length === 0) && (
        <Empty
          what="These assets were announced, but no use case selects their type and tags: nothing is read or decided yet."
          command="millrace usecase apply FILE.yaml"
        />
      )}
      {assets && assets.length > 0 && (
        <div className="filters" role="group" aria-label="Show">
          {filters.map(([tone, name]) => (
            <button
              key={name}
              aria-pressed={wanted === tone}
              onClick={() => navigate(formatRoute({ room: "plant", query: { health: tone } }), { replace: true })}>
              {name}{" "}
              <span className="count">
                {tone === "" ? assets.length : assets.filter((asset) => healthOf(asset).tone === tone).length}
              </span>
            </button>
          ))}
          <span className="hint">
            <kbd>j</kbd> <kbd>k</kbd> walk, <kbd>Enter</kbd> opens
          </span>
        </div>
      )}
      {sites.map((site) => (
        <section key={site}>
          <h2>
            {site} <span className="quiet">{plural(shown.filter((asset) => asset.site === site).length, "asset")}</span>
          </h2>
          <div className="tiles">
            {shown
              .filter((asset) => asset.site === site)
              .map((asset) =>
                asset.use_cases.length === 0 ? (
                  <UnwantedTile key={asset.asset} asset={asset} />
                ) : (
                  <Tile key={asset.asset} asset={asset} now={now} />
                ),
              )}
          </div>
        </section>
      ))}
      {assets &&
        assets.length > 0 &&
        useCases?.map(({ name, title }) => <QualityMatrix key={name} useCase={name} title={title} />)}
      {assets && assets.length > 0 && shown.length === 0 && <Empty what="No asset is in this state now." />}
    </Page>
  );
}
