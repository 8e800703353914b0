import { useEffect, type ReactNode } from "react";
import type { Problem } from "../api/types";

interface Properties {
  title: string;
  question: string;
  answer: ReactNode;
  children?: ReactNode;
}

/** Every page: the question it answers, the answer in words with its number, then the evidence. */
export function Page({ title, question, answer, children }: Properties) {
  useEffect(() => {
    document.title = `${title} – Millrace`;
  }, [title]);
  return (
    <main id="page" tabIndex={-1} data-page={title}>
      <header className="answer">
        <p className="question">{question}</p>
        <h1>{answer}</h1>
      </header>
      {children}
    </main>
  );
}

/** What belongs here, and the one command that brings it. */
export function Empty({ what, command }: { what: string; command?: string }) {
  return (
    <div className="empty">
      <p>{what}</p>
      {command && (
        <pre>
          <code>{command}</code>
        </pre>
      )}
    </div>
  );
}

export function ProblemNote({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <p className="problem" role="alert">
      <span aria-hidden="true">■</span>{" "}
      {problem.status === 401
        ? "Your session has ended. Open the link that `millrace up` printed."
        : `${problem.title}: ${problem.detail}`}
    </p>
  );
}

export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
