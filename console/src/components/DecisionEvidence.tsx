import type { DecisionDetail, Verdict } from "../api/types";
import type { Answer } from "../state/query";
import { formatRoute } from "../state/route";
import { AdviceBadge, VerdictBadge } from "./Badges";
import { decimals, number, percent, plural, short, time, words } from "./format";
import { Facts, ProblemNote } from "./Page";
import { Table } from "./Table";

const shown = 16;
const verdicts: [Verdict, string, string][] = [
  ["right", "r", "✓"],
  ["wrong", "w", "✗"],
  ["unsure", "u", "?"],
];

/** The inputs that moved the prediction most. Without contributions the inputs stand in the model's order. */
function Inputs({ features, unit }: { features: DecisionDetail["features"]; unit: string }) {
  const computed = features.some(({ contribution }) => contribution !== null);
  const ordered = computed
    ? [...features].sort((a, b) => Math.abs(b.contribution ?? 0) - Math.abs(a.contribution ?? 0))
    : features;
  const largest = Math.max(1e-9, ...ordered.map(({ contribution }) => Math.abs(contribution ?? 0)));
  if (features.length === 0) return <p className="quiet">The device did not send the inputs of this decision.</p>;
  return (
    <Table label="Inputs" className="inputs">
      <thead>
        <tr>
          <th scope="col">Input</th>
          <th scope="col" className="right">
            Value
          </th>
          {computed && (
            <>
              <th scope="col" className="right">
                Moves it by
              </th>
              <th scope="col" className="bar-cell">
                <span className="unseen">As a bar</span>
              </th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {ordered.slice(0, shown).map(({ name, value, contribution }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="right">{number(value, 5)}</td>
            {computed && (
              <>
                <td className="right">
                  {contribution === null
                    ? "–"
                    : `${contribution > 0 ? "+" : ""}${decimals(contribution, 2)} ${unit}`}
                </td>
                <td className="bar-cell">
                  <span
                    className={`bar ${(contribution ?? 0) < 0 ? "less" : "more"}`}
                    style={{ width: `${(Math.abs(contribution ?? 0) / largest) * 50}%` }}
                  />
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
      {features.length > shown && (
        <caption className="below">
          The {shown} {computed ? "that moved the prediction most" : "first"} of {plural(features.length, "input")}: each
          against its typical value, one at a time
        </caption>
      )}
    </Table>
  );
}

function Trace({ trace }: { trace: DecisionDetail["trace"] }) {
  return (
    <ol className="trace">
      {trace.map(({ step, id, detail }) => (
        <li key={step} className={id === "" ? "missing" : ""}>
          <span className="step">{words(step)}</span>
          <span>
            {id === "" ? (
              <span aria-hidden="true">○ </span>
            ) : (
              <code title={id}>
                {step === "model" ? (
                  <a href={formatRoute({ room: "models", id })}>{id}</a>
                ) : short(id) === id ? (
                  id
                ) : (
                  `${short(id)}…`
                )}
              </code>
            )}{" "}
            <span className="quiet">{detail}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

interface Properties {
  id: string;
  answer: Answer<DecisionDetail>;
  judge: (verdict: Verdict) => void;
  back: string;
}

/** Why this was advised, with what, and whether it was right. */
export function DecisionEvidence({ id, answer: { data, problem }, judge, back }: Properties) {
  if (!data || data.decision.decision_id !== id)
    return (
      <section className="evidence" aria-busy={!problem}>
        <ProblemNote problem={problem} />
        {!problem && <p className="quiet">Reading …</p>}
      </section>
    );
  const { decision, features, dataset, model, trace } = data;
  return (
    <section className="evidence" aria-label={`Decision for ${decision.asset}`} data-evidence>
      <a className="back" href={back}>
        All decisions
      </a>
      <h2>
        <AdviceBadge advice={decision.advice} />{" "}
        <a href={formatRoute({ room: "plant", id: decision.asset })}>{decision.asset}</a> at {number(decision.clock)}{" "}
        {decision.unit}
      </h2>
      <p>{decision.reason}</p>
      <div className="verdicts" role="group" aria-label="Was it right?">
        {verdicts.map(([verdict, key, shape]) => (
          <button key={verdict} aria-pressed={decision.verdict?.verdict === verdict} onClick={() => judge(verdict)}>
            <span aria-hidden="true">{shape}</span> {verdict} <kbd>{key}</kbd>
          </button>
        ))}
        {decision.verdict && (
          <span className="quiet">
            <VerdictBadge verdict={decision.verdict} /> {decision.verdict.by ? `by ${decision.verdict.by}, ` : ""}
            {time(decision.verdict.time)}
          </span>
        )}
      </div>
      <Facts
        facts={[
          [
            "Prediction",
            decision.prediction === null ? "–" : `${number(decision.prediction, 4)} ${decision.unit} left`,
          ],
          ["Held for", plural(decision.hold, "result")],
          ["Good inputs", percent(decision.inputs_good)],
          ["Decided in", decision.latency_us === null ? "–" : `${number(decision.latency_us, 3)} µs`],
          ["Decided", time(decision.time)],
          ["Read", time(decision.source_time)],
          ["Device", `${decision.site}/${decision.device}`],
          ["Use case", `${decision.use_case}, version ${decision.use_case_version}`],
        ]}
      />
      <h3>Inputs</h3>
      <Inputs features={features} unit={decision.unit} />
      <h3>Trace</h3>
      <Trace trace={trace} />
      {model && dataset && (
        <p className="quiet">
          Learned from snapshot {number(dataset.snapshot)} of the lake: {plural(dataset.rows, "row")}
          {dataset.assets === undefined ? "" : ` of ${plural(dataset.assets, "asset")}`}.
        </p>
      )}
    </section>
  );
}
