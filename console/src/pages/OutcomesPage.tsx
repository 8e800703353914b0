import { useMemo } from "react";
import type { Kpi } from "../api/types";
import { MetBadge } from "../components/Badges";
import { limit, number, plural, quantity, sentence, time, words } from "../components/format";
import { KpiChart, type NamedLevel } from "../components/KpiChart";
import { Empty, Facts, Page, ProblemNote, waiting } from "../components/Page";
import { Head, Table } from "../components/Table";
import { useQuery } from "../state/query";
import { formatRoute, useRoute } from "../state/route";

const question = "Are we getting what we set out for?";

function Answer({ kpi }: { kpi: Kpi }) {
  const against = `baseline ${number(kpi.baseline, 3)}, target ${number(kpi.target, 3)}`;
  if (kpi.current === null || kpi.n === 0)
    return (
      <>
        {sentence(kpi.title)}: nothing counted yet, no life has ended; {against} {kpi.unit}.
      </>
    );
  return (
    <>
      {sentence(kpi.title)} <em>{quantity(kpi.current, kpi.unit)}</em>, {against}.{" "}
      <MetBadge met={kpi.met} yes="target reached" no="target not reached" />
    </>
  );
}

/** Marks by time, each with the number that it has in chart and list. */
function numbered(kpi: Kpi) {
  return kpi.marks
    .toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .map((mark, index) => ({ ...mark, number: index + 1 }));
}

function History({ kpi }: { kpi: Kpi }) {
  const times = useMemo(() => kpi.series.map((point) => Date.parse(point.time)), [kpi]);
  const values = useMemo(() => kpi.series.map((point) => point.value), [kpi]);
  const guardValues = useMemo(() => kpi.series.map((point) => point.guard), [kpi]);
  const marks = numbered(kpi).map((mark) => ({ time: Date.parse(mark.time), label: String(mark.number) }));
  const levels: NamedLevel[] = [];
  if (kpi.baseline !== null) levels.push({ value: kpi.baseline, name: "baseline", kind: "baseline" });
  if (kpi.target !== null) levels.push({ value: kpi.target, name: "target", kind: "target" });
  const guard = kpi.guards[0];
  return (
    <>
      <section>
        <h2>
          {sentence(kpi.title)}{" "}
          <span className="quiet">
            {kpi.unit}, {kpi.direction} is better, {plural(kpi.n, "life", "lives")} counted
          </span>
        </h2>
        <KpiChart
          name={kpi.title}
          unit={kpi.unit}
          times={times}
          values={values}
          levels={levels}
          marks={marks}
          height={260}
        />
      </section>
      {guard && (
        <section>
          <h2>
            Guard: {guard.title ?? words(guard.name)}{" "}
            <span className="quiet">
              {guard.unit}, must stay {limit(guard.comparison, guard.limit)}
            </span>
          </h2>
          {guardValues.every((value) => value === null) ? (
            <Empty what="Nothing to judge yet: the first overhaul draws the first point here." />
          ) : (
            <KpiChart
              name={guard.title ?? words(guard.name)}
              unit={guard.unit ?? ""}
              times={times}
              values={guardValues}
              marks={marks}
              height={170}
              levels={[{ value: guard.limit, name: "limit", kind: "baseline" }]}
            />
          )}
        </section>
      )}
    </>
  );
}

function Guards({ kpi }: { kpi: Kpi }) {
  return (
    <Table label="What must not get worse meanwhile">
      <caption>What must not get worse meanwhile</caption>
      <Head columns={["Guard", { right: "Now" }, { right: "Limit" }, "Kept"]} />
      <tbody>
        {kpi.guards.map((guard) => (
          <tr key={guard.name}>
            <th scope="row">{guard.title ?? words(guard.name)}</th>
            <td className="right">{quantity(guard.current, guard.unit ?? "")}</td>
            <td className="right">{limit(guard.comparison, guard.limit)}</td>
            <td>
              <MetBadge met={guard.met} yes="kept" no="not kept" />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const marksShown = 40;
function Marks({ kpi }: { kpi: Kpi }) {
  if (kpi.marks.length === 0) return null;
  return (
    <section>
      <h2>
        What changed when{" "}
        <span className="quiet">
          newest first{kpi.marks.length > marksShown ? `, ${marksShown} of ${number(kpi.marks.length)}` : ""}
        </span>
      </h2>
      <Table label="What changed when" className="narrow">
        <Head columns={["Mark", "Time", "Kind", "What"]} />
        <tbody>
          {numbered(kpi)
            .reverse()
            .slice(0, marksShown)
            .map((mark) => (
              <tr key={mark.number}>
                <td>{mark.number}</td>
                <td>{time(mark.time)}</td>
                <td>{words(mark.kind)}</td>
                <td>{mark.text}</td>
              </tr>
            ))}
        </tbody>
      </Table>
    </section>
  );
}

function OneUseCase({ name }: { name: string }) {
  const { data: kpi, problem } = useQuery("/api/v1/kpis/{use_case}", { path: { use_case: name } }, ["kpi"]);
  const { data: useCase } = useQuery("/api/v1/use-cases/{use_case}", { path: { use_case: name } });
  if (!kpi)
    return (
      <Page title="Outcomes" question={question} answer={problem ? "This cannot be said now." : waiting}>
        <ProblemNote problem={problem} />
      </Page>
    );
  return (
    <Page title="Outcomes" question={question} answer={<Answer kpi={kpi} />}>
      <ProblemNote problem={problem} />
      {useCase && (
        <Facts
          facts={[
            [
              "Use case",
              <>
                {useCase.title}{" "}
                <span className="quiet">
                  {useCase.name}, version {useCase.version}
                </span>
              </>,
            ],
            ["Owner", words(useCase.owner).replaceAll("-", " ")],
            ["Applied", time(useCase.applied)],
          ]}
        />
      )}
      {kpi.series.length > 0 ? (
        <History kpi={kpi} />
      ) : (
        <Empty what="The first life that ends draws the first point here." />
      )}
      {kpi.guards.length > 0 && <Guards kpi={kpi} />}
      <Marks kpi={kpi} />
      {useCase && (
        <details>
          <summary>The use case file, version {useCase.version}</summary>
          <pre tabIndex={0}>
            <code>{useCase.yaml}</code>
          </pre>
        </details>
      )}
    </Page>
  );
}

/** Outcomes: the KPI of a use case; a list to choose from when there are several. */
export function OutcomesPage() {
  const { id } = useRoute();
  const { data: useCases, problem } = useQuery("/api/v1/use-cases", {}, ["kpi"]);
  const only = useCases?.length === 1 ? useCases[0]!.name : null;
  if (id ?? only) return <OneUseCase key={id ?? only} name={(id ?? only)!} />;
  const met = useCases?.filter((useCase) => useCase.kpi.met).length ?? 0;
  const answer = !useCases
    ? problem
      ? "This cannot be said now."
      : waiting
    : useCases.length === 0
      ? "No outcome is set yet."
      : `${met} of ${plural(useCases.length, "use case")} reached the target.`;
  return (
    <Page title="Outcomes" question={question} answer={answer}>
      <ProblemNote problem={problem} />
      {useCases?.length === 0 && (
        <Empty
          what="Here stands what each use case is for and whether it gets there: KPI, baseline, target."
          command="millrace usecase apply examples/usecases/turbofan-maintenance.yaml"
        />
      )}
      {useCases && useCases.length > 0 && (
        <Table label="Use cases">
          <Head
            columns={["Use case", "KPI", { right: "Now" }, { right: "Baseline" }, { right: "Target" }, "Reached"]}
          />
          <tbody>
            {useCases.map(({ name, title, kpi }) => (
              <tr key={name}>
                <th scope="row">
                  <a href={formatRoute({ room: "outcomes", id: name })}>{title}</a>
                </th>
                <td>
                  {kpi.title} <span className="quiet">{kpi.unit}</span>
                </td>
                <td className="right">{number(kpi.current, 3)}</td>
                <td className="right">{number(kpi.baseline, 3)}</td>
                <td className="right">{number(kpi.target, 3)}</td>
                <td>
                  <MetBadge met={kpi.met} yes="reached" no="not reached" />
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Page>
  );
}
