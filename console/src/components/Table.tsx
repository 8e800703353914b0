import { useEffect, useRef, useState, type ReactNode } from "react";

/** A table that scrolls by itself where it is too wide; then the keyboard can reach and scroll it too. */
export function Table({ label, className, children }: { label: string; className?: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setScrolls(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      ref={place}
      className="wide"
      data-table={label}
      {...(scrolls ? { tabIndex: 0, role: "region", "aria-label": label } : {})}>
      <table className={className}>{children}</table>
    </div>
  );
}

/** The head of a table: one name a column; numbers stand to the right. */
export function Head({ columns }: { columns: readonly (string | { right: string })[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) =>
          typeof column === "string" ? (
            <th key={column} scope="col">
              {column}
            </th>
          ) : (
            <th key={column.right} scope="col" className="right">
              {column.right}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}
