import { useState } from "react";
import { post } from "../api/client";
import type { Model, Problem } from "../api/types";
import { Badge, MetBadge } from "../components/Badges";
import { bytes, limit, number, plural, quantity, short, time, words } from "../components/format";
import { Empty, Facts, Page, ProblemNote, waiting } from "../components/Page";
import { Head, Table } from "../components/Table";
import { invalidate, useQuery } from "../state/query";
import { formatRoute, useRoute } from "../state/route";

const nameOf = ({ use_case, version }: Model) => `${use_case}/${version}`;

function StateBadge({ state }: { state: Model["state"] }) {
  switch (state) {
    case "approved":
      return <Badge tone="good" shape="●" text="approved" />;
    case "candidate":
      return <Badge tone="accent" shape="◆" text="candidate" />;
    case "refused":
      return <Badge tone="bad" shape="■" text="refused" />;
    case "retired":
      return <Badge tone="quiet" shape="○" text="retired" />;
  }
}

function Versions({ models, chosen }: { models: readonly Model[]; chosen: Model | undefined }) {
  return (
    <Table label="Versions, newest first">
      <caption>Versions, newest first</caption>
      <Head
        columns={["Version", "State", "Created", { right: "Gates passed" }, { right: "Learned from" }, "Approved by"]}
      />
      <tbody>
        {models.map((model) => (
          <tr key={nameOf(model)} className={model === chosen ? "chosen" : ""}>
            <th scope="row">
              <a href={formatRoute({ room: "models", id: nameOf(model) })}>{nameOf(model)}</a>
            </th>
            <td>
              <StateBadge state={model.state} />
            </td>
            <td>{time(model.created)}</td>
            <td className="right">
              {model.gates.filter(({ passed }) => passed).length} of {model.gates.length}
            </td>
            <td className="right">{plural(model.dataset.rows, "row")}</td>
            <td>{model.approved_by ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Approve({ model }: { model: Model }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  if (model.state !== "candidate") return null;
  const approve = async () => {
    const comment = window.prompt(`Send ${nameOf(model)} to the devices? What should be remembered with it:`, "");
    if (comment === null) return;
    const response = await post(
      "/api/v1/models/{use_case}/{version}/approve",
      { comment },
      { path: { use_case: model.use_case, version: model.version } },
    );
    setProblem(response.ok ? null : response.problem);
    invalidate("/api/v1/models");
  };
  return (
    <>
      <button onClick={() => void approve()}>Approve for the devices</button>
      <ProblemNote problem={problem} />
    </>
  );
}

/** What is measured, in words; `true`: in the unit of the prediction. */
const metrics: Record<string, [string, boolean]> = {
  rmse: ["typical error (root mean square), labels cut as in training", true],
  rmse_uncapped: ["the same against the whole remaining life", true],
  rmse_validation: ["typical error (root mean square) on engines held back", true],
  mae: ["mean error, either way", true],
  bias: ["mean error with its sign: above 0 it promises too much", true],
  nasa_score: ["sum over rows; promising too much costs more; lower is better", false],
  parity_with_trainer: ["largest difference between the exported model and the trainer's", true],
  validation_rows: ["rows that training did not see", false],
};
const metricText = (name: string, value: number | null, unit: string) =>
  metrics[name]?.[1] && value !== null ? `${number(value)} ${unit}` : number(value);

/** The clock's unit is the prediction's. */
function usePredictionUnit(use_case: string | undefined): string {
  const { data } = useQuery(use_case ? "/api/v1/use-cases/{use_case}" : null, { path: { use_case: use_case ?? "" } });
  return data?.signals.find(({ role }) => role === "clock")?.unit ?? "";
}

function OneModel({ model, unit }: { model: Model; unit: string }) {
  return (
    <section data-model>
      <h2>
        {nameOf(model)} <StateBadge state={model.state} />
      </h2>
      <Approve model={model} />
      <Facts
        facts={[
          ["Dataset", `snapshot ${number(model.dataset.snapshot)}, ${plural(model.dataset.rows, "row")}`],
          ["Dataset hash", <code title={model.dataset.sha256}>{short(model.dataset.sha256)}</code>],
          ["Code", <code title={model.code_commit}>{short(model.code_commit)}</code>],
          [
            "Approved",
            model.approved_by
              ? [
                  `by ${model.approved_by}${model.approved_for ? ` on behalf of ${model.approved_for}` : ""}`,
                  model.approved ? time(model.approved) : null,
                  model.approval_comment ? `“${model.approval_comment}”` : null,
                ]
                  .filter(Boolean)
                  .join(", ")
              : "not yet",
          ],
        ]}
      />
      <div className="columns">
        <Table label="Gates">
          <caption>Gates</caption>
          <Head columns={["Gate", { right: "Value" }, { right: "Limit" }, "Passed"]} />
          <tbody>
            {model.gates.map((gate) => (
              <tr key={gate.name}>
                <th scope="row">{words(gate.name)}</th>
                <td className="right">{metricText(gate.name, gate.value, unit)}</td>
                <td className="right">{limit(gate.comparison, gate.limit)}</td>
                <td>
                  <MetBadge met={gate.passed} yes="passed" no="failed" />
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
        <Table label="Metrics">
          <caption>Metrics</caption>
          <Head columns={["Metric", { right: "Value" }, "Meaning"]} />
          <tbody>
            {Object.entries(model.metrics).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{words(name)}</th>
                <td className="right">{metricText(name, value, unit)}</td>
                <td className="quiet">{metrics[name]?.[0] ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </Table>
        <Table label="Files">
          <caption>Files</caption>
          <Head columns={["Name", { right: "Size" }, "SHA-256"]} />
          <tbody>
            {model.files.map((file) => (
              <tr key={file.name}>
                <th scope="row">{file.name}</th>
                <td className="right">{bytes(file.size)}</td>
                <td>
                  <code title={file.sha256}>{short(file.sha256)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  );
}

/** Models: versions with their gates, and what each was learned from. */
export function ModelsPage() {
  const { id } = useRoute();
  const { data: models, problem } = useQuery("/api/v1/models", {}, ["status"]);
  const active = models?.filter(({ state }) => state === "approved") ?? [];
  const chosen = models?.find((model) => nameOf(model) === id) ?? active[0] ?? models?.[0];
  const gate = active[0]?.gates[0];
  const unit = usePredictionUnit(chosen?.use_case);
  const answer = !models ? (
    problem ? (
      "This cannot be said now."
    ) : (
      waiting
    )
  ) : models.length === 0 ? (
    "There is no model yet."
  ) : active.length === 0 ? (
    `${plural(models.length, "version")}, none approved: the devices decide nothing.`
  ) : (
    <>
      {active.map(nameOf).join(", ")} decides
      {gate ? (
        <>
          : {words(gate.name)} <em>{quantity(gate.value, metrics[gate.name]?.[1] ? unit : "")}</em> when it was trained,
          limit {number(gate.limit, 3)}
        </>
      ) : null}
      .
    </>
  );
  return (
    <Page title="Models" question="Is the model still good?" answer={answer}>
      <ProblemNote problem={problem} />
      {models?.length === 0 && (
        <Empty
          what="Here stand the versions of each model with their gates, and what they learned from."
          command="millrace model train turbofan-maintenance"
        />
      )}
      {id && models && models.length > 0 && !models.some((model) => nameOf(model) === id) && (
        <p className="problem" role="alert">
          There is no version {id}.
        </p>
      )}
      {models && models.length > 0 && <Versions models={models} chosen={chosen} />}
      {chosen && <OneModel model={chosen} unit={unit} />}
    </Page>
  );
}
