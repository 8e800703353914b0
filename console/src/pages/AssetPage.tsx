import { useCallback, useMemo } from "react";
import type { Asset, Signal } from "../api/types";
import { healthOf, QualityBadge } from "../components/Badges";
import { age, ago, number, percent, quantity, time, words } from "../components/format";
import { Empty, Facts, Page, ProblemNote, waiting } from "../components/Page";
import { findingsOf, useQuality } from "../components/QualityMatrix";
import { Head, Table } from "../components/Table";
import { unitText } from "../components/plot";
import { SignalChart } from "../components/SignalChart";
import { useAssets } from "../state/assets";
import { useKeys } from "../state/keys";
import { useNow } from "../state/now";
import { useQuery } from "../state/query";
import { nothing, useSamples } from "../state/samples";
import { formatRoute, navigate, useRoute } from "../state/route";

function SignalTable({ signals, now }: { signals: readonly Signal[]; now: number }) {
  return (
    <details>
      <summary>The newest values as a table</summary>
      <Table label="Newest values">
        <Head
          columns={["Signal", "Quantity", "Role", { right: "Value" }, "Unit", { right: "Range" }, "Quality", { right: "Age" }]}
        />
        <tbody>
          {signals.map((signal) => (
            <tr key={signal.signal}>
              <th scope="row">{signal.signal}</th>
              <td>{words(signal.quantity)}</td>
              <td>{words(signal.role)}</td>
              <td className="right">{number(signal.value, 6)}</td>
              <td>{unitText(signal.unit) || "–"}</td>
              <td className="right">
                {signal.low === null && signal.high === null ? "–" : `${number(signal.low)} … ${number(signal.high)}`}
              </td>
              <td>
                <QualityBadge quality={signal.quality} />
              </td>
              <td className="right">{signal.time ? age(now - Date.parse(signal.time)) : "–"}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  );
}

function Answer({ asset, signals, now }: { asset: Asset; signals: readonly Signal[]; now: number }) {
  const good = signals.filter(({ quality }) => quality === "good").length;
  if (asset.state === "overhauled" || asset.state === "failed")
    return (
      <>
        {asset.asset} {asset.state === "failed" ? "failed" : "was overhauled"} at{" "}
        <em>{quantity(asset.clock, asset.unit ?? "")}</em>, {ago(asset.last_seen, now)}.
      </>
    );
  return (
    <>
      {asset.asset} is {asset.state}
      {asset.prediction !== null && (
        <>
          , about <em>{quantity(Math.round(asset.prediction), asset.unit ?? "")}</em> left
        </>
      )}
      ;{" "}
      {signals.length === 0
        ? "no signal seen yet"
        : `${percent(good / signals.length)} of its ${signals.length} signals are good`}
      .
    </>
  );
}

const minuteMs = 60_000;
const ranges: [string, number][] = [
  ["5 min", 5 * minuteMs],
  ["hour", 60 * minuteMs],
  ["day", 24 * 60 * minuteMs],
];

/** What the band under each curve says. */
function BandLegend() {
  return (
    <p className="band-legend">
      Under each curve, the quality:{" "}
      {(["good", "uncertain", "bad"] as const).map((quality) => (
        <span key={quality}>
          <i className={quality} aria-hidden="true" /> {quality}
        </span>
      ))}{" "}
      <span>nothing: no data</span>
    </p>
  );
}

/** One asset: its signals over time with a shared cursor. Dragging over a chart chooses a range; Escape goes back to now. */
export function AssetPage({ asset: name }: { asset: string }) {
  const { query } = useRoute();
  const now = useNow();
  const { data: assets } = useAssets(name);
  const { data: signals, problem } = useQuery("/api/v1/assets/{asset}/signals", { path: { asset: name } }, ["live"]);
  const asset = assets?.find((entry) => entry.asset === name);
  const { data: quality } = useQuality(asset?.use_cases[0]);
  const follow = !query.from && !query.to;
  const { series, problem: samplesProblem } = useSamples(name, query.signals, query.from, query.to);

  const setRange = useCallback(
    (from: number, to: number) =>
      navigate(
        formatRoute({
          room: "plant",
          id: name,
          query: { ...query, from: new Date(from).toISOString(), to: new Date(to).toISOString() },
        }),
      ),
    [name, query],
  );
  const backToNow = useCallback(
    () => navigate(formatRoute({ room: "plant", id: name, query: { ...query, from: undefined, to: undefined } })),
    [name, query],
  );
  const step = useCallback(
    (by: number) => {
      const at = assets?.findIndex(({ asset }) => asset === name) ?? -1;
      const next = at < 0 ? undefined : assets?.[at + by];
      if (next)
        navigate(formatRoute({ room: "plant", id: next.asset, query: { signals: query.signals } }), { replace: true });
    },
    [assets, name, query.signals],
  );
  useKeys(
    useMemo(
      () => ({ j: () => step(1), k: () => step(-1), Escape: () => (follow ? navigate("#/plant") : backToNow()) }),
      [step, backToNow, follow],
    ),
  );

  const chosen = query.signals?.split(",");
  const shown = (signals ?? []).filter(({ signal, role }) =>
    chosen ? chosen.includes(signal) : role === "feature" || role === "context" || role === "clock",
  );
  const health = asset && healthOf(asset);
  const answer =
    !asset || !signals ? (
      problem ? (
        problem.status === 404 ? (
          `There is no asset ${name}.`
        ) : (
          "This cannot be said now."
        )
      ) : (
        waiting
      )
    ) : (
      <Answer asset={asset} signals={signals} now={now} />
    );
  return (
    <Page title="Plant" subject={name} question={`What is ${name} doing, and can we believe it?`} answer={answer}>
      <ProblemNote problem={problem ?? samplesProblem} />
      {asset && (
        <Facts
          facts={[
            [
              "Health",
              <span className={`badge ${health?.tone}`}>
                <span aria-hidden="true">{health?.shape}</span> {health?.text}
              </span>,
            ],
            ["Site", asset.site],
            ["Type", [asset.type || "unknown", ...asset.tags].join(", ")],
            [
              "Use cases",
              asset.use_cases.join(", ") || "none selects its site, type and tags: nothing is read or decided",
            ],
            ["Findings in 7 days", findingsOf(quality, name) || "none"],
            ["Clock", `${number(asset.clock)} ${asset.unit ?? ""}`],
            ["Seen", ago(asset.last_seen, now)],
            [
              "Decisions",
              <a href={formatRoute({ room: "decisions", query: { asset: name, show: "all" } })}>what was decided, and why</a>,
            ],
          ]}
        />
      )}
      <div className="filters">
        {!asset ? (
          <a href="#/plant">All assets</a>
        ) : follow ? (
          <>
            <span className="quiet">Live. Look at the last</span>
            {ranges.map(([text, ms]) => (
              <button key={text} onClick={() => setRange(Date.now() - ms, Date.now())}>
                {text}
              </button>
            ))}
            <span className="hint">
              or drag over a chart; <kbd>j</kbd> <kbd>k</kbd> next and previous asset, <kbd>Esc</kbd> all assets
            </span>
          </>
        ) : (
          <>
            <button onClick={backToNow}>
              Back to now <kbd>Esc</kbd>
            </button>{" "}
            <span className="hint">
              From {time(query.from)} to {time(query.to)}
            </span>
          </>
        )}
        {chosen && <a href={formatRoute({ room: "plant", id: name })}>all signals</a>}
      </div>
      {signals?.length === 0 && (
        <Empty what="Here stand the signals of this asset once the gateway sends them." command="millrace status" />
      )}
      {shown.length > 0 && <BandLegend />}
      <div className="charts">
        {shown.map((signal) => (
          <SignalChart
            key={signal.signal}
            signal={signal}
            recording={series.get(signal.signal) ?? nothing}
            onRange={setRange}
          />
        ))}
      </div>
      {signals && signals.length > 0 && <SignalTable signals={signals} now={now} />}
    </Page>
  );
}
