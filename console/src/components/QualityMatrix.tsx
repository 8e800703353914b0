import type { QualityKind, QualityReport } from "../api/types";
import { useQuery } from "../state/query";
import { formatRoute } from "../state/route";
import { Badge, MetBadge } from "./Badges";
import { number, percent, plural, sentence, words } from "./format";
import { Table } from "./Table";

const refreshMs = 20_000; // the answer reads a week of samples
const assetsShown = 50;

type Check = QualityReport["policy"][number];
type AssetChecks = QualityReport["assets"][number];

export function useQuality(useCase: string | undefined) {
  const path = useCase === undefined ? null : "/api/v1/data/quality/{use_case}";
  return useQuery(path, { path: { use_case: useCase } }, ["status"], refreshMs);
}

/** A number that has a meaning by itself: nothing found is a quiet dash. */
function Cell({ asset, kind }: { asset: AssetChecks; kind: QualityKind }) {
  const found = asset.counts[kind];
  if (found === 0) return <span className="quiet">–</span>;
  return asset.broken.includes(kind) ? (
    <Badge tone="bad" shape="■" text={number(found)} />
  ) : (
    <Badge tone="warn" shape="▲" text={number(found)} />
  );
}

function Limit({ check }: { check: Check }) {
  return (
    <>
      <span className="matrix-limit">
        {check.limit?.replace("<=", "≤") ?? "no limit"}
        {check.kind === "missing" && check.worst_share ? `, worst ${percent(check.worst_share)}` : ""}
      </span>
      <MetBadge met={check.kept} yes="kept" no="broken" />
    </>
  );
}

function Legend({ policy }: { policy: readonly Check[] }) {
  return (
    <details>
      <summary>What the checks mean, and what to do</summary>
      <dl className="legend">
        {policy.map(({ kind, meaning, remedy, counted_in }) => (
          <div key={kind}>
            <dt>{sentence(words(kind))}</dt>
            <dd>
              {meaning} {remedy} <span className="quiet">Counted in {counted_in}.</span>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Assets against kinds of findings, for one use case: what broke its limits stands out, healthy assets are one line. */
export function QualityMatrix({ useCase, title }: { useCase: string; title: string }) {
  const { data: report } = useQuality(useCase);
  if (!report) return null;
  const found = report.assets.filter(({ signals }) => signals.length > 0);
  const clean = report.assets.length - found.length;
  return (
    <section data-quality={useCase}>
      <h2>
        Can the data be believed? <span className="quiet">{title}, the last 7 days</span>
      </h2>
      <Table label="Data quality" className="matrix">
        <thead>
          <tr>
            <th scope="col">Asset</th>
            {report.policy.map(({ kind }) => (
              <th scope="col" key={kind}>
                {words(kind)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Limit</th>
            {report.policy.map((check) => (
              <td key={check.kind}>
                <Limit check={check} />
              </td>
            ))}
          </tr>
          {found.slice(0, assetsShown).map((asset) => (
            <tr key={`${asset.site}/${asset.asset}`}>
              <th scope="row">
                <a href={formatRoute({ room: "plant", id: asset.asset })}>{asset.asset}</a>
              </th>
              {report.policy.map(({ kind }) => (
                <td key={kind}>
                  <Cell asset={asset} kind={kind} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <p className="quiet">
        {found.length > assetsShown ? `${plural(found.length - assetsShown, "more asset")} with findings. ` : ""}
        {plural(clean, "asset")} without a finding.
      </p>
      <Legend policy={report.policy} />
    </section>
  );
}

/** What the checks found at one asset, in words: "T50: stuck 25; P30: missing 4". */
export function findingsOf(report: QualityReport | null, asset: string): string {
  const signals = report?.assets.find((entry) => entry.asset === asset)?.signals ?? [];
  return signals
    .map(({ signal, counts }) => {
      const kinds = Object.entries(counts).filter(([, count]) => count > 0);
      return `${signal}: ${kinds.map(([kind, count]) => `${words(kind)} ${number(count)}`).join(", ")}`;
    })
    .join("; ");
}
